"""What a draft still lacks, said in the workshop's language."""

from lib.guide.scripted import say
from lib.guide.scripted.scene import Scene
from lib.workshop.artifacts.criteria.gap import Gap


def sentence(scene: Scene, gap: Gap) -> str:
    """Return what is missing as the guide says it: without question marks, for it asks one thing."""
    if scene.language == "en":
        return say.flat(gap.sentence)
    return scene.text(f"gap.{gap.code}", **_places(scene, gap))


def _places(scene: Scene, gap: Gap) -> dict[str, str | int]:
    places: dict[str, str | int] = {"field": scene.text(f"field.{scene.step}.{gap.field}")}
    for name, value in gap.values.items():
        places[name] = value if isinstance(value, int) else _place(scene, name, value)
    return places


def _place(scene: Scene, name: str, value: object) -> str:
    if name == "field":
        return scene.text(f"field.sense-making.{value}")
    if name == "section":
        return scene.text(f"swot.{value}")
    if isinstance(value, str):
        return say.clip(value, 6) or scene.text("persona.unnamed")
    texts = [str(each) for each in value] if isinstance(value, (list, tuple)) else []
    if name == "steps":
        return say.listed([scene.text(f"step.{slug}") for slug in texts], scene.language)
    more = [scene.text("say.more", count=len(texts) - 3)] if texts[3:] else []
    return say.listed(
        [say.gist(text, 12, scene.language) for text in texts[:3]] + more, scene.language
    )
