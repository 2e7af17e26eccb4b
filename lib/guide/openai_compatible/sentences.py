"""What the code says itself around a model's reply, in the workshop's languages."""

from collections.abc import Iterable

#: Characters of a text that a button or a sentence quotes.
_QUOTED = 80

_SENTENCES = {
    "en": {
        "replace": "Replace “{old}”",
        "replace_detail": "{field}: “{old}” would become “{new}”.",
        "change": "Change {field}",
        "change_detail": "{field} would become: {new}.",
        "remove": "Remove “{old}”",
        "remove_detail": "{field}: “{old}” would be removed.",
        "remove_several": "Remove {count} entries",
        "remove_several_detail": "{field}: these would be removed: {old}.",
        "move": "Move “{old}” to {field}",
        "move_detail": "“{old}” would move to {field}.",
        "merge": "Merge “{old}” with “{other}”",
        "merge_detail": "{field}: both would become “{new}”.",
        "order": "Reorder {field}",
        "order_detail": "{field} would be in this order: {new}.",
        "pending": "Nothing has been replaced or removed. You decide with the buttons below.",
        "unchanged": "Nothing in the draft has changed.",
        "refused": "This did not fit into the draft: {fields}. Nothing has changed there.",
        "unsaid": "Left out, because nobody has said it word for word: {quotes}.",
        "speaker": "Left open who said it, because nobody has said so: {quotes}.",
    },
    "de": {
        "replace": "„{old}“ ersetzen",
        "replace_detail": "{field}: Aus „{old}“ würde „{new}“.",
        "change": "{field} ändern",
        "change_detail": "{field} wäre dann: {new}.",
        "remove": "„{old}“ entfernen",
        "remove_detail": "{field}: „{old}“ würde entfernt.",
        "remove_several": "{count} Einträge entfernen",
        "remove_several_detail": "{field}: Entfernt würden: {old}.",
        "move": "„{old}“ verschieben: {field}",
        "move_detail": "„{old}“ käme hierhin: {field}.",
        "merge": "„{old}“ mit „{other}“ zusammenlegen",
        "merge_detail": "{field}: Aus beiden würde „{new}“.",
        "order": "{field} neu ordnen",
        "order_detail": "{field} in dieser Reihenfolge: {new}.",
        "pending": "Nichts wurde ersetzt oder entfernt. Ihr entscheidet mit den Knöpfen darunter.",
        "unchanged": "Im Entwurf hat sich nichts geändert.",
        "refused": "Das passte nicht in den Entwurf: {fields}. Dort hat sich nichts geändert.",
        "unsaid": "Weggelassen, weil es niemand wörtlich gesagt hat: {quotes}.",
        "speaker": "Wer das gesagt hat, bleibt offen, weil ihr es nicht gesagt habt: {quotes}.",
    },
    "es": {
        "replace": "Sustituir «{old}»",
        "replace_detail": "{field}: «{old}» pasaría a ser «{new}».",
        "change": "Cambiar: {field}",
        "change_detail": "{field} quedaría así: {new}.",
        "remove": "Quitar «{old}»",
        "remove_detail": "{field}: se quitaría «{old}».",
        "remove_several": "Quitar {count} entradas",
        "remove_several_detail": "{field}: se quitarían: {old}.",
        "move": "Mover «{old}»: {field}",
        "move_detail": "«{old}» pasaría aquí: {field}.",
        "merge": "Unir «{old}» con «{other}»",
        "merge_detail": "{field}: de los dos quedaría «{new}».",
        "order": "Reordenar: {field}",
        "order_detail": "{field} en este orden: {new}.",
        "pending": "No se ha sustituido ni quitado nada. Vosotros decidís con los botones de abajo.",
        "unchanged": "En el borrador no ha cambiado nada.",
        "refused": "Esto no cabía en el borrador: {fields}. Allí no ha cambiado nada.",
        "unsaid": "Omitido, porque nadie lo ha dicho palabra por palabra: {quotes}.",
        "speaker": "Queda abierto quién lo dijo, porque nadie lo ha dicho: {quotes}.",
    },
    "fr": {
        "replace": "Remplacer « {old} »",
        "replace_detail": "{field} : « {old} » deviendrait « {new} ».",
        "change": "Modifier : {field}",
        "change_detail": "{field} deviendrait : {new}.",
        "remove": "Retirer « {old} »",
        "remove_detail": "{field} : « {old} » serait retiré.",
        "remove_several": "Retirer {count} entrées",
        "remove_several_detail": "{field} : seraient retirés : {old}.",
        "move": "Déplacer « {old} » : {field}",
        "move_detail": "« {old} » irait ici : {field}.",
        "merge": "Réunir « {old} » et « {other} »",
        "merge_detail": "{field} : des deux resterait « {new} ».",
        "order": "Réordonner : {field}",
        "order_detail": "{field} dans cet ordre : {new}.",
        "pending": "Rien n’a été remplacé ni retiré. À vous de décider avec les boutons ci-dessous.",
        "unchanged": "Rien n’a changé dans le brouillon.",
        "refused": "Cela n’entrait pas dans le brouillon : {fields}. Rien n’y a changé.",
        "unsaid": "Laissé de côté, car personne ne l’a dit mot pour mot : {quotes}.",
        "speaker": "Qui l’a dit reste ouvert, car personne ne l’a précisé : {quotes}.",
    },
}

_MARKS = {"en": "“{}”", "de": "„{}“", "es": "«{}»", "fr": "« {} »"}

#: How a how-might-we question begins, by language.
OPENINGS = {
    "en": "How might we",
    "de": "Wie könnten wir",
    "es": "¿Cómo podríamos",
    "fr": "Comment pourrions-nous",
}


def say(language: str, name: str, **parts: object) -> str:
    """Return the sentence called *name*; long texts in it are shortened."""
    found = _SENTENCES.get(language, _SENTENCES["en"])[name]
    return found.format(**{key: _shown(str(each)) for key, each in parts.items()})


def quoted(language: str, texts: Iterable[str]) -> str:
    """Return *texts* in the quotation marks of *language*, one after the other."""
    marks = _MARKS.get(language, _MARKS["en"])
    return ", ".join(marks.format(_shown(each)) for each in texts)


def _shown(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 4 * _QUOTED else f"{text[: 4 * _QUOTED].rstrip()} …"


def label(language: str, name: str, **parts: object) -> str:
    """Return the label of a button; texts in it are shortened to a line."""
    cut = {key: _line(str(each)) for key, each in parts.items()}
    return say(language, name, **cut)


def _line(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED].rstrip()} …"
