"""What a team asks the guide to do besides changing the draft: take back, show, go back, confirm."""

import re
from enum import Enum


class Wants(Enum):
    """What is asked for."""

    UNDO = "undo"
    SHOW = "show"
    BACK = "back"
    RESTART = "restart"
    CONFIRM = "confirm"


_POLITE = r"\A\W*+(?:(?:no|nein|non|please|bitte|can you|could you|ok|oh|wait)\W+)*"

#: Whole messages only: as a part of a sentence the same words are content.
_ASKED = {
    Wants.UNDO: (
        r"(?:undo|revert)(?: (?:it|that|this|the last (?:one|change)))?|(?:take|bring|put) (?:it|that|this) back"
        r"|(?:delete that|no),? bring it back|(?:mach(?:t)? )?(?:das |es )?(?:wieder )?rückgängig(?: machen)?"
        r"|zurücknehmen|(?:deshacer|deshaz)(?:lo)?(?: eso| esto)?|annule[rz]?(?: (?:ça|cela))?|تراجع|撤销|撤回"
    ),
    Wants.SHOW: (
        r"show (?:me |us )?(?:it|the (?:map|draft|list|wall|whole thing)|all|everything|what we have)"
        r"|(?:what|who) (?:do we have|have we got|is (?:on the map|in the draft))(?: (?:so far|now))*"
        r"|zeig(?:t|e)? (?:mir |uns )?(?:es|alles|den entwurf|die karte)|muéstra(?:lo|nos(?:lo)?|me(?:lo)?)(?: todo)?"
        r"|montre[rz]?(?:-nous|-moi)?(?: tout| le brouillon)?"
    ),
    Wants.BACK: r"(?:go |one step )?back|(?:geh )?zurück|(?:vuelve |volver )?atrás|(?:retour|en arrière)",
    Wants.RESTART: (
        r"restart|start (?:over|again)|(?:clear|delete|remove|reset) (?:everything|it all|all(?: of it)?)"
        r"|(?:von vorne|neu) anfangen|alles löschen|empezar de nuevo|borra(?:r)? todo"
        r"|recommence[rz]?|(?:tout )?(?:supprimer|effacer) tout"
    ),
    Wants.CONFIRM: (
        r"(?:mark|set) (?:this|the) step (?:as|to) (?:complete|completed|done)|complete (?:this|the) step"
        r"|schritt (?:abschließen|bestätigen)|confirmar el paso|confirme[rz]? l.étape"
    ),
}
_PATTERNS = {
    wants: re.compile(rf"{_POLITE}(?:{asked})\W*", re.IGNORECASE) for wants, asked in _ASKED.items()
}

#: Characters of the longest request.
_LONGEST = 80


def of(text: str) -> Wants | None:
    """
    Return what a whole message asks for, or None.

    >>> of("undo that"), of("undo the zip before you sit down")
    (<Wants.UNDO: 'undo'>, None)
    """
    if len(text) > _LONGEST:
        return None
    return next((each for each, found in _PATTERNS.items() if found.fullmatch(text.strip())), None)
