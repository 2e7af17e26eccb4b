"""
Settings, read once from the environment and from secrets.toml, and frozen.

The environment wins over the files. A bad value raises SettingsError, one line that names it.
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

#: The files that Streamlit reads too; the project's own wins over the user's. Unlike Path.home(),
#: expanduser does not fail for a user without a home, as in some containers.
SECRETS = (
    Path(os.path.expanduser("~/.streamlit/secrets.toml")),  # noqa: PTH111
    ROOT / ".streamlit/secrets.toml",
)

#: Longest wait that can be set, in seconds.
LONGEST = 3600

#: Least and most of each number of tokens. The instructions to a model alone take some 1,300.
TOKENS = {"GUIDE_CONTEXT": (4_000, 1_000_000), "GUIDE_TOKEN_CAP": (0, 10_000_000_000)}

#: Least and most of each number of days.
DAYS = {"DELETE_GRACE": (0, 365)}


class SettingsError(ValueError):
    """A setting has a bad value; the text is one line that names it."""


@dataclass(frozen=True)
class Settings:
    """All settings, with their defaults."""

    #: `DATABASE_URL`, or `[connections.workshop] url`.
    database_url: str = f"sqlite:///{ROOT / 'data' / 'throughline.db'}"
    #: `AUTOSAVE_WAIT`, or `[autosave] wait`: seconds from the last change until it is saved.
    autosave_wait: float = 2.0
    #: `AUTOSAVE_MAX_WAIT`, or `[autosave] max_wait`: the longest a change may stay unsaved, seconds.
    autosave_max_wait: float = 10.0
    #: `GUIDE_BASE_URL`, or `[guide] base_url`: where a model answers; empty for OpenAI's own.
    guide_base_url: str = ""
    #: `GUIDE_MODEL`, or `[guide] model`: the model's name there. If neither is set, the scripted guide
    #: answers.
    guide_model: str = ""
    #: `GUIDE_API_KEY`, or `[guide] api_key`: never shown, never logged.
    guide_api_key: str = field(default="", repr=False)
    #: `GUIDE_FALLBACK`, or `[guide] fallback`: with `scripted` the scripted guide answers, and
    #: says so, if the model cannot.
    guide_fallback: str = ""
    #: `GUIDE_CONTEXT`, or `[guide] context`: the most tokens of one request to the model.
    guide_context: int = 12_000
    #: `GUIDE_TOKEN_CAP`, or `[guide] token_cap`: tokens a workshop's model may use in all, in both
    #: directions; 0 for no cap.
    guide_token_cap: int = 0
    #: `DELETE_GRACE`, or `[workshops] delete_grace`: days until a deleted workshop is erased.
    delete_grace: int = 7

    #: `FACILITATOR_PASSCODE`, or `[access] passcode`: the passcode of facilitators; never shown,
    #: never logged. Without one the server listens on localhost only.
    passcode: str = field(default="", repr=False)
    #: `FACILITATORS`, or `[access] facilitators`: who may run workshops after signing in:
    #: addresses, and `@domain` for everybody of a domain, in lower case.
    facilitators: tuple[str, ...] = ()
    #: `REQUIRE_EMAIL_VERIFIED`, or `[access] require_email_verified`: whether the sign-in
    #: provider must have verified an address (`email_verified`).
    email_verified: bool = True
    #: `TRUSTED_PROXIES`, or `[access] trusted_proxies`: addresses and networks of the proxies whose
    #: `X-Forwarded-For` and `X-Forwarded-Proto` headers count.
    trusted_proxies: tuple[str, ...] = ()
    #: Whether people sign in by OpenID Connect: `[auth]`, which has no variable, as Streamlit reads it.
    signs_in: bool = False

    @property
    def asks_model(self) -> bool:
        """Whether a model guides, not the script."""
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


#: The entries that `[auth]` must have, as Streamlit names them.
AUTH = ("client_id", "client_secret", "server_metadata_url", "redirect_uri", "cookie_secret")

_DEFAULTS = {each.name: each.default for each in fields(Settings)}


def load(environ: Mapping[str, str] = os.environ, files: tuple[Path, ...] = SECRETS) -> Settings:
    """
    Return the settings in force; an empty value counts as not set.

    Raises SettingsError for a bad value, and for a file that cannot be read or is not TOML.
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
    present = [each for each in AUTH if _at(secrets, ("auth", each))]
    if present and (missing := [each for each in AUTH if each not in present]):
        raise SettingsError(f"[auth] in secrets.toml lacks {' and '.join(missing)}.")
    return bool(present)


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
        # float(True) is 1, but true in a TOML file is not a number of seconds.
        seconds = -1.0 if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        seconds = -1.0
    if not 0 <= seconds <= LONGEST:
        raise SettingsError(f"{variable} must be a number of seconds from 0 to {LONGEST}.")
    return seconds


def _flag(variable: str, value: Any) -> bool:
    word = str(value).strip().lower()
    if word not in ("true", "false"):
        raise SettingsError(f"{variable} must be true or false.")
    return word == "true"


def _listed(variable: str, value: Any) -> tuple[str, ...]:
    entries = value.split(",") if isinstance(value, str) else value
    if not isinstance(entries, list) or not all(isinstance(each, str) for each in entries):
        raise SettingsError(f"{variable} must be addresses with commas between them.")
    return tuple(each.strip().lower() for each in entries if each.strip())


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
        # An entry that no address can match is a mistake.
        if not re.fullmatch(r"\A[^@\s]*+@[^@\s]+", each):
            raise SettingsError(
                f"{variable} must be addresses (ada@example.org) or domains (@example.org), "
                "with commas between them."
            )
    return found


def _whole(variable: str, value: Any) -> int:
    digits = str(value).strip().replace("_", "")
    if isinstance(value, bool) or not digits.isascii() or not digits.isdigit():
        digits = "-1"
    # Longer than any allowed number; int() refuses thousands of digits.
    number = int(digits[:12])
    unit = "days" if variable in DAYS else "tokens"
    least, most = {**TOKENS, **DAYS}[variable]
    if not least <= number <= most:
        raise SettingsError(f"{variable} must be a number of {unit} from {least} to {most}.")
    return number


#: The reader of a setting whose type does not determine it.
_OWN_READERS: Mapping[str, Callable[[str, Any], Any]] = {"trusted_proxies": _networks}

#: The reader of a setting, by the type of its default.
_READERS: Mapping[type, Callable[[str, Any], Any]] = {
    bool: _flag,
    str: _text,
    float: _seconds,
    int: _whole,
    tuple: _addresses,
}
