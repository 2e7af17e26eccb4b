"""Which guide answers, by the settings."""

from lib.guide.capped import Capped
from lib.guide.fallback import WithFallback
from lib.guide.port import Guide
from lib.guide.scripted import PACE, ScriptedGuide
from lib.guide.usage import Ledger, Usage
from lib.settings import Settings, SettingsError


def check(settings: Settings) -> None:
    """Raise SettingsError for settings that do not fit each other."""
    if not settings.asks_model:
        return
    if not settings.guide_model:
        raise SettingsError("GUIDE_MODEL must be set where GUIDE_BASE_URL is.")
    if settings.guide_base_url and not settings.guide_base_url.startswith(("http://", "https://")):
        raise SettingsError("GUIDE_BASE_URL must begin with http:// or https://.")
    if settings.guide_fallback not in ("", "scripted"):
        raise SettingsError("GUIDE_FALLBACK must be scripted, or not set.")


def guide_for(settings: Settings, ledger: Ledger | None = None, pace: float = PACE) -> Guide:
    """
    Return the model's guide where an address or a model is set, else the scripted one.

    *ledger* records the model's calls, and is read before each reply if there is a cap. *pace* is the
    scripted guide's, in seconds. Raises SettingsError for settings that do not fit each other.
    """
    check(settings)
    scripted = ScriptedGuide(pace)
    if not settings.asks_model:
        return scripted
    # The client takes half a second to load: only where it is used.
    from lib.guide.openai_compatible import ModelGuide
    from lib.guide.openai_compatible.client import Client

    client = Client(settings.guide_base_url, settings.guide_model, settings.guide_api_key)
    usage = Usage(ledger.note) if ledger else Usage()
    model: Guide = ModelGuide(client, budget=settings.guide_context, usage=usage)
    if ledger and settings.guide_token_cap:
        model = Capped(model, settings.guide_token_cap, ledger.spent)
    return WithFallback(model, scripted) if settings.guide_fallback else model
