"""
Serves the scripts of our components as cacheable modules.

Streamlit sends a component's inline script with every rerun: on a step's page that was more than half
of the traffic. So the inline script only imports the module. The version in the address covers all
modules, so that a browser never combines two that do not belong together.
"""

import hashlib
from pathlib import Path

_FOLDER = Path(__file__).parent / "components"

_SCRIPTS = {file.name: file.read_bytes() for file in sorted(_FOLDER.glob("*.js"))}

#: Another one for any other text of any of them.
VERSION = hashlib.sha256(b"\n".join(_SCRIPTS.values())).hexdigest()[:16]

#: Where they are, as seen from any page.
_PLACE = f"throughline/scripts/{VERSION}"

#: Where they are asked for.
ROUTE = "/throughline/scripts/{version}/{name}"

#: What a page's head says to have all of them early, while Streamlit itself is loading.
HEAD = "".join(f'<link rel="modulepreload" href="./{_PLACE}/{name}">' for name in _SCRIPTS)

#: A server that is away for a moment is asked again, ever more seldom: one of another version never has
#: it. By another name: a browser may remember that a module could not be had (Chromium does not).
_LOADER = """
const address = new URL("./{place}/{name}", document.baseURI);
const loaded = async () => {{
  for (let times = 1; ; times += 1) {{
    try {{
      return await import(address);
    }} catch (error) {{
      console.warn(error);
      await new Promise((again) => setTimeout(again, Math.min(times, 30) * 1000));
      address.search = times;
    }}
  }}
}};
export default (await loaded()).default;
"""


def loader(name: str) -> str:
    """Return the text of a component whose script is the file called *name*."""
    return _LOADER.format(place=_PLACE, name=name)


def text(version: str, name: str) -> bytes | None:
    """Return one of them; None where there is none of that name, or this server has another version."""
    return _SCRIPTS.get(name) if version == VERSION else None
