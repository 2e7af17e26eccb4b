"""Which guide answers, by the settings."""

from lib.guide.fallback import WithFallback
from lib.guide.port import Guide
from lib.guide.scripted import ScriptedGuide
from lib.settings import Settings, SettingsError


def guide_for(settings: Settings) -> Guide:
    """
    Return the model's guide where an address or a model is set, else the scripted one.

    Raises SettingsError for settings that do not fit each other.
    """
    scripted = ScriptedGuide(pace=settings.guide_pace)
    if not (settings.guide_base_url or settings.guide_model):
        return scripted
    if not settings.guide_model:
        raise SettingsError("GUIDE_MODEL must be set where GUIDE_BASE_URL is.")
    if settings.guide_base_url and not settings.guide_base_url.startswith(("http://", "https://")):
        raise SettingsError("GUIDE_BASE_URL must begin with http:// or https://.")
    if settings.guide_fallback not in ("", "scripted"):
        raise SettingsError("GUIDE_FALLBACK must be scripted, or not set.")
    # The client takes half a second to load: only where it is used.
    from lib.guide.openai_compatible import ModelGuide
    from lib.guide.openai_compatible.client import Client

    client = Client(settings.guide_base_url, settings.guide_model, settings.guide_api_key)
    model = ModelGuide(client, budget=settings.guide_context)
    return WithFallback(model, scripted) if settings.guide_fallback else model
