"""
The ten steps of a workshop, their order, and which feeds which.

A step's slug is its identity everywhere (URL, database, code). Its number is for people to read:
nothing branches, routes or is stored by it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Step:
    """One of the ten steps, as it is named, explained and connected."""

    slug: str
    number: int
    name: str
    #: What the step is for, in a phrase that follows "In this step we ...".
    purpose: str
    #: What the step yields, as a noun phrase.
    artifact: str
    #: Slugs of the steps whose artifacts this one is made from.
    feeds_from: tuple[str, ...] = ()


_TABLE = (
    (
        "challenge",
        "Challenge",
        "find the real problem and draft a How-Might-We question",
        "challenge statement",
        (),
    ),
    (
        "stakeholder-mapping",
        "Stakeholder Mapping",
        "map who is involved, with what power and what interest",
        "stakeholder map",
        ("challenge",),
    ),
    (
        "user-research",
        "User Research",
        "agree on open questions and collect what people really said",
        "questions and insights",
        ("challenge", "stakeholder-mapping"),
    ),
    (
        "sense-making",
        "Research Sense Making",
        "cluster the evidence into themes, pains and gains",
        "empathy map",
        ("challenge", "user-research"),
    ),
    (
        "persona",
        "Persona Development",
        "describe one to three people the research is about",
        "personas",
        ("stakeholder-mapping", "user-research", "sense-making"),
    ),
    (
        "journey-mapping",
        "Journey Mapping",
        "walk through today's journey, stage by stage, and find its dip",
        "journey map",
        ("challenge", "user-research", "sense-making", "persona"),
    ),
    (
        "reframe",
        "Reframing Challenge",
        "build a new How-Might-We question out of the research",
        "set of reframed questions",
        ("challenge", "sense-making", "persona", "journey-mapping"),
    ),
    (
        "ideation",
        "Ideation",
        "collect many ideas, then choose a few",
        "ideas and selection",
        ("sense-making", "persona", "journey-mapping", "reframe"),
    ),
    (
        "concept",
        "Concept Development",
        "turn each selected idea into a concept sheet",
        "concept sheets",
        (
            "stakeholder-mapping",
            "user-research",
            "sense-making",
            "persona",
            "journey-mapping",
            "reframe",
            "ideation",
        ),
    ),
    (
        "validate",
        "Validate",
        "look back honestly, judge our confidence and agree on what to do next",
        "synthesis",
        (
            "challenge",
            "stakeholder-mapping",
            "user-research",
            "sense-making",
            "persona",
            "journey-mapping",
            "reframe",
            "ideation",
            "concept",
        ),
    ),
)

#: The ten steps in the order they are walked.
STEPS: tuple[Step, ...] = tuple(
    Step(slug, number, name, purpose, artifact, feeds_from)
    for number, (slug, name, purpose, artifact, feeds_from) in enumerate(_TABLE, start=1)
)

#: The same steps by slug.
BY_SLUG: Mapping[str, Step] = MappingProxyType({step.slug: step for step in STEPS})

#: The slugs alone, in order.
SLUGS: tuple[str, ...] = tuple(BY_SLUG)


def step(slug: str) -> Step:
    """
    Return the step called *slug*.

    Raises KeyError for anything else, which is a bug: slugs come from our own code or have been
    checked where they came in.
    """
    return BY_SLUG[slug]


def after(slug: str) -> Step | None:
    """
    Return the step that follows *slug* in order, or None after the last.

    >>> after("challenge").slug
    'stakeholder-mapping'
    >>> after("validate") is None
    True
    """
    following = SLUGS.index(slug) + 1
    return STEPS[following] if following < len(STEPS) else None


def before(slug: str) -> Step | None:
    """Return the step that precedes *slug* in order, or None before the first."""
    place = SLUGS.index(slug)
    return STEPS[place - 1] if place else None
