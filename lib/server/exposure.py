"""Refuses to start a server that anybody on the network could run workshops on."""

from lib.access.facilitators import LOCAL
from lib.settings import Settings, SettingsError

#: The fewest characters of a passcode.
MIN_PASSCODE = 8


def check(settings: Settings, address: str | None) -> None:
    """
    Raise SettingsError, with one line, if nothing guards a server that others can reach.

    *address* is what the server listens on; None is every address there is.
    """
    if settings.passcode and len(settings.passcode) < MIN_PASSCODE:
        raise SettingsError(f"FACILITATOR_PASSCODE must have at least {MIN_PASSCODE} characters.")
    if settings.signs_in and not settings.facilitators and not settings.passcode:
        raise SettingsError("People can sign in, but nobody may run workshops: set FACILITATORS.")
    if not settings.passcode and not settings.signs_in and address not in LOCAL:
        raise SettingsError(
            f"The server would listen on {address or 'every address'} and anybody there could run "
            "workshops. Set FACILITATOR_PASSCODE or [auth], or let it listen on localhost."
        )
