"""What a guide says and composes: how-might-we questions, and claims to have changed something."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from evaluation.words import folded, found_at
from lib.workshop.records import Fields

_OPENING = {
    "en": r"how (?:might|can|could) we",
    "de": r"wie (?:könnten|können) wir",
    "es": r"cómo (?:podríamos|podemos)",
    "fr": r"comment (?:pourrions|pouvons)[- ]nous|comment pourrait[- ]on",
}
#: Where composed questions stand, and how many words each may have less than.
_QUESTIONS = {
    "challenge": ("hmw_statement", 25),
    "reframe": ("hmw_statements.full_statement", 1000),
}
_CLAIMS = {
    "en": r"done|noted|added|removed|deleted|changed|updated|saved|replaced|merged|renamed|moved|undone"
    r"|put (?:it|that|this|them) (?:in|on|under|down)",
    "de": r"erledigt|notiert|eingetragen|hinzugefügt|gestrichen|gelöscht|entfernt|geändert|aktualisiert"
    r"|übernommen|ersetzt|zusammengeführt|umbenannt|verschoben|aufgenommen",
    "es": r"hecho|anotad[oa]s?|apuntad[oa]s?|añadid[oa]s?|quitad[oa]s?|eliminad[oa]s?|borrad[oa]s?"
    r"|cambiad[oa]s?|actualizad[oa]s?|guardad[oa]s?|sustituid[oa]s?|renombrad[oa]s?|movid[oa]s?",
    "fr": r"c['’]est fait|notée?s?|ajoutée?s?|supprimée?s?|retirée?s?|changée?s?|modifiée?s?"
    r"|mise?s? à jour|enregistrée?s?|remplacée?s?|fusionnée?s?|renommée?s?|déplacée?s?",
}
#: What makes a claim none: that nothing happened, or that it could.
_NEGATIONS = {
    "en": r"not|nothing|no|\w+n['’]t|would|could|can|if|until|before|once|shall|should|want|you",
    "de": r"nicht|nichts|kein\w*|würde\w*|könnte\w*|soll\w*|wenn|bevor|sobald|du|ihr",
    "es": r"no|nada|ningun\w*|podría\w*|si|quiere\w*|antes|hasta|has|habéis",
    "fr": r"ne|n['’]\w+|rien|pas|aucun\w*|pourrait|si|voulez|avant|d['’]abord|tu|vous",
}
#: How lines begin that show the draft.
_LISTED = ("-", "*", "•", *"0123456789")
#: What a team says to a follow-up question when it has told everything.
NOTHING_MORE = {
    "en": "That is all we can say about that.",
    "de": "Mehr können wir dazu nicht sagen.",
    "es": "No podemos decir más sobre eso.",
    "fr": "Nous n'avons rien de plus à dire là-dessus.",
}
#: What a team says to an offer it does not want before it approves of the rest.
LEAVE_IT = {
    "en": "No, leave that as it is.",
    "de": "Nein, das bleibt so.",
    "es": "No, déjalo como está.",
    "fr": "Non, laissez comme c'est.",
}
_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|„[^“]*“|«[^»]*»")


@dataclass(frozen=True)
class Sentence:
    """A composed how-might-we question, and what is wrong with it, or nothing."""

    text: str
    problem: str = ""


def composed(step: str, draft: Fields, said: list[str], language: str) -> Iterator[Sentence]:
    """Yield the how-might-we questions of *draft* that the guide composed."""
    if step not in _QUESTIONS:
        return
    path, limit = _QUESTIONS[step]
    typed = [folded(text) for text in said]
    for text in found_at(draft, path):
        if isinstance(text, str) and not any(folded(text) in each for each in typed):
            yield Sentence(text, _problem(text, language, limit))


def _problem(text: str, language: str, limit: int) -> str:
    if not text.rstrip().endswith("?"):
        return "ends without a question mark"
    if not re.search(_OPENING[language], text, re.IGNORECASE):
        return "is not in the workshop's language"
    if len(text.split()) >= limit:
        return f"has {len(text.split())} words"
    return ""


def claim(reply: str, language: str) -> str:
    """Return the sentence of *reply* that claims a change, or nothing. Questions and quotes claim none."""
    prose = [line for line in _QUOTED.sub("", reply).splitlines() if not line.startswith(_LISTED)]
    text = "\n".join(prose)
    for sentence in re.findall(r"[^.!?:\n]+[.!?:]?", text)[:3]:
        claims = re.search(rf"\b(?:{_CLAIMS[language]})\b", sentence, re.IGNORECASE)
        denies = re.search(rf"\b(?:{_NEGATIONS[language]})\b", sentence, re.IGNORECASE)
        if claims and not denies and not sentence.endswith("?"):
            return sentence.strip()
    return ""
