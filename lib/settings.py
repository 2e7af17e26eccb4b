"""
Settings: environment first, then secrets.toml, read once and frozen.

    SettingsError         a setting that cannot be used; its text is one line that names it
"""

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_network
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent

#: Where Streamlit looks for secrets too; the project's own file wins over the user's. Unlike
#: Path.home(), expanduser lives with a user that has no home, as some containers run one.
SECRETS = (
    Path(os.path.expanduser("~/.streamlit/secrets.toml")),  # noqa: PTH111
    ROOT / ".streamlit/secrets.toml",
)

#: Longest wait that can be set, in seconds.
LONGEST = 3600

#: From where to where a number of tokens goes. What a model can be told has its least in the
#: instructions, which alone take some 1,300.
TOKENS = {"GUIDE_CONTEXT": (4_000, 1_000_000), "GUIDE_TOKEN_CAP": (0, 10_000_000_000)}

#: From where to where a number of days goes.
DAYS = {"DELETE_GRACE": (0, 365)}


class SettingsError(ValueError):
    """A setting that cannot be used."""


@dataclass(frozen=True)
class Settings:
    """Everything that can be set, with what holds when it is not."""

    #: `DATABASE_URL`, or `[connections.workshop] url`.
    database_url: str = f"sqlite:///{ROOT / 'data' / 'throughline.db'}"
    #: `AUTOSAVE_WAIT`, or `[autosave] wait`: seconds after the last change until it is saved.
    autosave_wait: float = 2.0
    #: `AUTOSAVE_MAX_WAIT`, or `[autosave] max_wait`: the longest a change may stay unsaved, seconds.
    autosave_max_wait: float = 10.0
    #: `GUIDE_BASE_URL`, or `[guide] base_url`: where a model answers; empty for OpenAI's own.
    guide_base_url: str = ""
    #: `GUIDE_MODEL`, or `[guide] model`: the model's name there. With neither of the two set, the
    #: scripted guide answers.
    guide_model: str = ""
    #: `GUIDE_API_KEY`, or `[guide] api_key`: never shown, never logged.
    guide_api_key: str = field(default="", repr=False)
    #: `GUIDE_FALLBACK`, or `[guide] fallback`: `scripted` has the scripted guide answer, and say
    #: so, where the model cannot be asked.
    guide_fallback: str = ""
    #: `GUIDE_CONTEXT`, or `[guide] context`: tokens a model is told at most in one request.
    guide_context: int = 12_000
    #: `GUIDE_TOKEN_CAP`, or `[guide] token_cap`: tokens a workshop's model may use in all, in both
    #: directions; 0 for no cap.
    guide_token_cap: int = 0
    #: `DELETE_GRACE`, or `[workshops] delete_grace`: days until a deleted workshop is erased.
    delete_grace: int = 7

    #: `FACILITATOR_PASSCODE`, or `[access] passcode`: what facilitators give to be let in; never
    #: shown, never logged. Without one the server listens on localhost only.
    passcode: str = field(default="", repr=False)
    #: `FACILITATORS`, or `[access] facilitators`: who may run workshops of their own once they have
    #: signed in: addresses, and `@domain` for everybody of one, in lower case.
    facilitators: tuple[str, ...] = ()
    #: `REQUIRE_EMAIL_VERIFIED`, or `[access] require_email_verified`: whether a provider has to say
    #: that it has verified an address (`email_verified`) before the address opens anything.
    email_verified: bool = True
    #: `TRUSTED_PROXIES`, or `[access] trusted_proxies`: addresses and networks of the proxies whose
    #: `X-Forwarded-For` and `X-Forwarded-Proto` are believed.
    trusted_proxies: tuple[str, ...] = ()
    #: `[auth]`, for which there is no variable, because Streamlit reads it there: whether people sign
    #: in with a provider of OpenID Connect.
    signs_in: bool = False

    @property
    def asks_model(self) -> bool:
        """Whether a model guides, and not the script."""
        return bool(self.guide_base_url or self.guide_model)


#: Each setting's name in the environment and its place in secrets.toml.
NAMES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "database_url": ("DATABASE_URL", ("connections", "workshop", "url")),
    "autosave_wait": ("AUTOSAVE_WAIT", ("autosave", "wait")),
    "autosave_max_wait": ("AUTOSAVE_MAX_WAIT", ("autosave", "max_wait")),
    "guide_base_url": ("GUIDE_BASE_URL", ("guide", "base_url")),
    "guide_model": ("GUIDE_MODEL", ("guide", "model")),
    "guide_api_key": ("GUIDE_API_KEY", ("guide", "api_key")),
    "guide_fallback": ("GUIDE_FALLBACK", ("guide", "fallback")),
    "guide_context": ("GUIDE_CONTEXT", ("guide", "context")),
    "guide_token_cap": ("GUIDE_TOKEN_CAP", ("guide", "token_cap")),
    "delete_grace": ("DELETE_GRACE", ("workshops", "delete_grace")),
    "passcode": ("FACILITATOR_PASSCODE", ("access", "passcode")),
    "facilitators": ("FACILITATORS", ("access", "facilitators")),
    "email_verified": ("REQUIRE_EMAIL_VERIFIED", ("access", "require_email_verified")),
    "trusted_proxies": ("TRUSTED_PROXIES", ("access", "trusted_proxies")),
}


#: What `[auth]` must say, as Streamlit names it.
AUTH = ("client_id", "client_secret", "server_metadata_url", "redirect_uri", "cookie_secret")

_DEFAULTS = {each.name: each.default for each in fields(Settings)}


def load(environ: Mapping[str, str] = os.environ, files: tuple[Path, ...] = SECRETS) -> Settings:
    """
    Return the settings in force; what is empty, in either place, counts as not set.

    Raises SettingsError for a number that is none or out of its bounds, for text that is none,
    and for a file that cannot be read or is not TOML.
    """
    secrets = _secrets(files)
    values: dict[str, Any] = {}
    for name, (variable, place) in NAMES.items():
        found = environ.get(variable, "").strip() or _at(secrets, place)
        if found is not None:
            read = _OWN_READERS.get(name) or _READERS[type(_DEFAULTS[name])]
            values[name] = read(variable, found)
    return Settings(**values, signs_in=_signs_in(secrets))


def _signs_in(secrets: Mapping[str, Any]) -> bool:
    said = [each for each in AUTH if _at(secrets, ("auth", each))]
    if said and (missing := [each for each in AUTH if each not in said]):
        raise SettingsError(f"[auth] in secrets.toml lacks {' and '.join(missing)}.")
    return bool(said)


def _secrets(files: tuple[Path, ...]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for file in files:
        if file.is_file():
            try:
                merged |= tomllib.loads(file.read_text(encoding="utf-8"))
            except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
                raise SettingsError(f"{file.name} is not valid TOML: {exc}") from exc
            except OSError as exc:
                raise SettingsError(f"{file.name} cannot be read: {exc.strerror}.") from exc
    return merged


def _at(tree: Any, place: tuple[str, ...]) -> Any:
    for name in place:
        tree = tree.get(name) if isinstance(tree, Mapping) else None
    return None if isinstance(tree, str) and not tree.strip() else tree


def _text(variable: str, value: Any) -> str:
    if not isinstance(value, str):
        raise SettingsError(f"{variable} must be text.")
    return value.strip()


def _seconds(variable: str, value: Any) -> float:
    try:
        # TOML's true is no number of seconds, though Python's is 1.
        seconds = -1.0 if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        seconds = -1.0
    if not 0 <= seconds <= LONGEST:
        raise SettingsError(f"{variable} must be a number of seconds from 0 to {LONGEST}.")
    return seconds


def _flag(variable: str, value: Any) -> bool:
    said = str(value).strip().lower()
    if said not in ("true", "false"):
        raise SettingsError(f"{variable} must be true or false.")
    return said == "true"


def _listed(variable: str, value: Any) -> tuple[str, ...]:
    told = value.split(",") if isinstance(value, str) else value
    if not isinstance(told, list) or not all(isinstance(each, str) for each in told):
        raise SettingsError(f"{variable} must be addresses with commas between them.")
    return tuple(each.strip().lower() for each in told if each.strip())


def _networks(variable: str, value: Any) -> tuple[str, ...]:
    found = _listed(variable, value)
    for each in found:
        try:
            ip_network(each)
        except ValueError:
            raise SettingsError(
                f"{variable} must be IP addresses (10.0.0.5) or networks (10.0.0.0/8), with commas "
                "between them."
            ) from None
    return found


def _addresses(variable: str, value: Any) -> tuple[str, ...]:
    found = _listed(variable, value)
    for each in found:
        # No spaces, no names: an entry that nobody can ever match is a mistake.
        if not re.fullmatch(r"\A[^@\s]*+@[^@\s]+", each):
            raise SettingsError(
                f"{variable} must be addresses (ada@example.org) or domains (@example.org), "
                "with commas between them."
            )
    return found


def _whole(variable: str, value: Any) -> int:
    told = str(value).strip().replace("_", "")
    if isinstance(value, bool) or not told.isascii() or not told.isdigit():
        told = "-1"
    # Longer than any number that is allowed, and than Python likes to read.
    number = int(told[:12])
    unit = "days" if variable in DAYS else "tokens"
    least, most = {**TOKENS, **DAYS}[variable]
    if not least <= number <= most:
        raise SettingsError(f"{variable} must be a number of {unit} from {least} to {most}.")
    return number


#: What reads a setting, where its default does not say.
_OWN_READERS: Mapping[str, Callable[[str, Any], Any]] = {"trusted_proxies": _networks}

#: What reads a setting, by what its default is.
_READERS: Mapping[type, Callable[[str, Any], Any]] = {
    bool: _flag,
    str: _text,
    float: _seconds,
    int: _whole,
    tuple: _addresses,
}
