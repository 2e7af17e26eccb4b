"""A guide behind another: it answers, and says so, where the first one cannot begin."""

from collections.abc import Iterator

from lib.guide.port import Guide, GuideError, Proposal, Request

#: Said first, by language, so that nobody takes the one for the other.
NOTES = {
    "en": "The model could not be asked, so the scripted guide answers this time.",
    "de": "Das Modell war nicht erreichbar, deshalb antwortet diesmal der Guide nach Skript.",
    "es": "No se pudo preguntar al modelo, así que esta vez responde la guía sin modelo.",
    "fr": "Le modèle n’a pas pu être interrogé ; cette fois, c’est le guide sans modèle qui répond.",
}


def note(language: str) -> str:
    """Return what stands above a reply of the second guide."""
    return f"*{NOTES.get(language, NOTES['en'])}*\n\n"


class WithFallback:
    """Asks *first*; where that fails before its first word, *second* answers."""

    def __init__(self, first: Guide, second: Guide) -> None:
        self._first = first
        self._second = second
        self.name = first.name

    def reply(self, request: Request) -> Iterator[str | Proposal]:
        """Yield the first guide's reply, or the note and the second's. Raises GuideError."""
        begun = False
        try:
            for piece in self._first.reply(request):
                begun = begun or piece != ""
                yield piece
        except GuideError:
            if begun:
                raise
        else:
            return
        yield note(request.language)
        yield from self._second.reply(request)
