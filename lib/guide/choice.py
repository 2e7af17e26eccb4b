"""Which guide answers, by the settings."""

from collections.abc import Callable
from functools import partial

from lib.guide.capped import Capped
from lib.guide.fallback import WithFallback
from lib.guide.local import base_url
from lib.guide.port import Guide
from lib.guide.scripted import PACE, ScriptedGuide
from lib.guide.selected import Selected
from lib.guide.usage import Ledger, Usage
from lib.settings import Settings, SettingsError
from lib.workshop.local_guide import LocalGuide

#: Tokens of a request to a model on this machine, unless GUIDE_CONTEXT is set: Ollama and LM Studio
#: load one with room for 4,096 as they come, and cut off what is longer without a word.
LOCAL_CONTEXT = 3_400


def _none() -> None:
    """Choose no model."""


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


def guide_for(
    settings: Settings,
    ledger: Ledger | None = None,
    pace: float = PACE,
    chosen: Callable[[], LocalGuide | None] = _none,
) -> Guide:
    """
    Return the model's guide where an address or a model is set, else the scripted one.

    Without such settings a model on this machine answers while one is *chosen*; if it cannot, the
    script does. *ledger* records the model's calls, and is read before each reply if there is a cap.
    *pace* is the scripted guide's, in seconds. Raises SettingsError for settings that do not fit each
    other.
    """
    check(settings)
    scripted = ScriptedGuide(pace)
    usage = Usage(ledger.note) if ledger else Usage()
    if not settings.asks_model:
        return Selected(scripted, chosen, partial(_local, settings, scripted, usage))
    # The client takes half a second to load: only where it is used.
    from lib.guide.openai_compatible import ModelGuide
    from lib.guide.openai_compatible.client import Client

    client = Client(settings.guide_base_url, settings.guide_model, settings.guide_api_key)
    model: Guide = ModelGuide(client, budget=settings.guide_context, usage=usage)
    if ledger and settings.guide_token_cap:
        model = Capped(model, settings.guide_token_cap, ledger.spent)
    return WithFallback(model, scripted) if settings.guide_fallback else model


def _local(settings: Settings, scripted: Guide, usage: Usage, local: LocalGuide) -> Guide:
    """Return the guide of a model on this machine, with the script behind it."""
    from lib.guide.openai_compatible import ModelGuide
    from lib.guide.openai_compatible.client import Client

    client = Client(base_url(local), local.model, is_here=True)
    is_set = settings.guide_context != Settings.guide_context
    budget = settings.guide_context if is_set else LOCAL_CONTEXT
    return WithFallback(ModelGuide(client, budget=budget, usage=usage), scripted)
