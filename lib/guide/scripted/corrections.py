"""Corrections of a whole message, as the draft they would lead to; nothing is changed here."""

from lib.guide.scripted import commands, edits
from lib.guide.scripted.commands import Verb
from lib.guide.scripted.scene import Scene, Script, has_a_draft
from lib.workshop.records import Fields


def made(scene: Scene, script: Script, text: str) -> tuple[Fields | None, str]:
    """
    Return the draft that the corrections in *text* lead to, and what else it says.

    None where nothing in the draft is meant; then all of *text* is the rest.
    """
    result, others, parts = scene, [], commands.split(text)
    for part in parts:
        fields = _one(result, script, part)
        if fields is None:
            others.append(part)
        else:
            result = result.having(fields)
    if len(others) == len(parts):
        return None, text
    return result.fields, "\n".join(others)


def _one(scene: Scene, script: Script, part: str) -> Fields | None:
    if (fields := script.correct(scene, part)) is not None:
        return fields
    command = commands.command(part)
    if command is not None and (fields := edits.applied(scene.step, scene.fields, command)):
        return fields
    fields, rest = edits.labelled(scene.step, scene.fields, part)
    if not rest and fields != scene.fields:
        return fields
    is_more = command is not None and command.verb is Verb.ADD and has_a_draft(scene)
    return script.loose(scene, part) if is_more else None
