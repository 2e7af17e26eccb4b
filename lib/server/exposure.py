"""Refuses to start a server on which anybody on the network could run workshops."""

from lib.access.facilitators import LOCAL
from lib.settings import Settings, SettingsError

#: The fewest characters of a passcode.
MIN_PASSCODE = 8


def check(settings: Settings, address: str | None) -> None:
    """
    Raise SettingsError if others can reach the server and neither passcode nor sign-in protects it.

    *address* is the one the server listens on; None means every address.
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
