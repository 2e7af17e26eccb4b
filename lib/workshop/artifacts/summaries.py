"""What a confirmed step came to, in its own words: from its artifact, and from what was said."""

from collections.abc import Callable, Mapping, Sequence

from lib.workshop import steps
from lib.workshop.artifacts.criteria.matching import distinct, words
from lib.workshop.records import Fields
from lib.workshop.transcript import Message, Role


def _challenge(fields: Fields) -> list[str]:
    return [fields.get("hmw_statement", ""), fields.get("problem_statement", "")]


def _stakeholders(fields: Fields) -> list[str]:
    lines = []
    for circle in ("core", "direct", "indirect"):
        there = [
            each["name"]
            for each in fields.get("stakeholders", [])
            if each.get("category") == circle and each.get("name")
        ]
        lines += [f"{circle.capitalize()}: {', '.join(there)}"] if there else []
    return lines


def _research(fields: Fields) -> list[str]:
    found = [each for each in fields.get("insights", []) if each.get("finding")]
    return [
        f"{each['finding']} ({each['source']})" if each.get("source") else each["finding"]
        for each in found
    ]


def _empathy(fields: Fields) -> list[str]:
    themes = [each["name"] for each in fields.get("themes", []) if each.get("name")]
    return [
        f"Themes: {'; '.join(themes)}" if themes else "",
        *(
            f"{name.capitalize()[:-1]}: {fields[name][0]}"
            for name in ("pains", "gains")
            if fields.get(name)
        ),
    ]


def _personas(fields: Fields) -> list[str]:
    return [
        f"{each.get('name', '')}, {each.get('role', '')}: “{each.get('quote', '')}”"
        for each in fields.get("personas", [])
    ]


def _journey(fields: Fields) -> list[str]:
    path = " → ".join(each["name"] for each in fields.get("stages", []) if each.get("name"))
    return [path, fields.get("dip_summary", ""), fields.get("dip_rationale", "")]


def selected_questions(fields: Fields) -> list[str]:
    """Return the reframed questions that go on."""
    return [
        each["full_statement"]
        for each in fields.get("hmw_statements", [])
        if each.get("selected") and each.get("full_statement")
    ]


def _ideas(fields: Fields) -> list[str]:
    chosen = [f"Selected: {title}" for title in fields.get("selected_idea_titles", [])]
    themes = [each["theme"] for each in fields.get("clusters", []) if each.get("theme")]
    return [*chosen[:2], f"Clusters: {'; '.join(themes)}" if themes else "", *chosen[2:]]


def _concepts(fields: Fields) -> list[str]:
    return [
        f"{each.get('name', '')}: {each.get('elevator_pitch', '')}"
        for each in fields.get("concepts", [])
    ]


def _synthesis(fields: Fields) -> list[str]:
    score = (fields.get("confidence") or {}).get("score")
    return [
        fields.get("narrative", ""),
        f"Confidence: {score} of 10" if score else "",
        *fields.get("next_steps", [])[:1],
    ]


_OUTPUTS: Mapping[str, Callable[[Fields], list[str]]] = {
    "challenge": _challenge,
    "stakeholder-mapping": _stakeholders,
    "user-research": _research,
    "sense-making": _empathy,
    "persona": _personas,
    "journey-mapping": _journey,
    "reframe": selected_questions,
    "ideation": _ideas,
    "concept": _concepts,
    "validate": _synthesis,
}

#: Characters of a line.
LINE = 400


def key_outputs(step: str, fields: Fields) -> list[str]:
    """Return what the artifact of *step* comes to, in its own words, three lines at most."""
    lines = [line for line in distinct(_OUTPUTS[step](fields)) if words(line)]
    return [line[:LINE] for line in lines[:3]]


def summaries(artifacts: Mapping[str, Fields]) -> list[Fields]:
    """Return what each of the steps before the last came to, as its artifact lists them."""
    listed = []
    for slug in steps.SLUGS[:-1]:
        if lines := key_outputs(slug, artifacts.get(slug, {})):
            listed.append({"step": steps.step(slug).name, "key_outputs": lines})
    return listed


def summary(step: str, fields: Fields, transcript: Sequence[Message]) -> str:
    """
    Return what *step* came to, one line each: its artifact, who talked, and what was said last.

    Kept with the version it belongs to, so a later one never reads an earlier one's.
    """
    lines = key_outputs(step, fields)
    said = [message for message in transcript if message.role is Role.USER]
    if said:
        names = distinct([message.author for message in said])
        lines.append(f"{len(said)} {'message' if len(said) == 1 else 'messages'} by {_and(names)}.")
        last = " ".join(said[-1].text.split())
        lines.append(f"Said last: “{last if len(last) <= LINE else last[: LINE - 1] + '…'}”")
    return "\n".join(lines)


def _and(names: Sequence[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
