"""
The steps of a workshop, in order. The one place for the facts about a step.

A step's slug is its identity everywhere (URL, database, code). Its number is for people to read:
nothing branches, routes or is stored by it. A step's page, script and prompt are found by its slug,
its artifact model and criteria by `lib.workshop.artifacts`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

#: The whole artifact, except its step's `notes`.
WHOLE = ("*",)


@dataclass(frozen=True)
class Step:
    """One step: its names, its time and the steps that feed it."""

    slug: str
    name: str
    #: The name at the head of a narrow column.
    short_name: str
    #: What the step is for, in a phrase that follows "In this step we ...".
    purpose: str
    #: What the step yields, as a noun phrase.
    artifact: str
    #: Minutes planned unless a facilitator plans others. All steps and a break fit into four hours.
    minutes: int
    #: The fields this step uses, by the slug of the step whose artifact has them. `[]` means every
    #: entry of a list, `[selected]` those where that field is true, `[category=core]` those where it
    #: has that value. Listed is what an artifact quotes, or what the criteria compare a draft with.
    inputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: Fields of this step's artifact for the team alone: no other step uses them.
    notes: frozenset[str] = frozenset()
    #: The place in the order, from 1.
    number: int = 0

    @property
    def feeds_from(self) -> tuple[str, ...]:
        """The slugs of the steps whose artifacts this one uses, in order."""
        return tuple(self.inputs)


_QUESTION = ("hmw_statement",)
_FINDINGS = ("insights[].finding", "insights[].quote")
_PAINS_AND_GAINS = ("pains", "gains")
_DIP = ("persona_name", "stages[is_dip]", "dip_summary", "dip_rationale")

_STEPS = (
    Step(
        slug="challenge",
        name="Challenge",
        short_name="Challenge",
        purpose="find the real problem and draft a How-Might-We question",
        artifact="challenge statement",
        minutes=20,
    ),
    Step(
        slug="stakeholder-mapping",
        name="Stakeholder Mapping",
        short_name="Stakeholders",
        purpose="map who is involved, with what power and what interest",
        artifact="stakeholder map",
        minutes=15,
        inputs={"challenge": _QUESTION},
        notes=frozenset({"stakeholders[].notes"}),
    ),
    Step(
        slug="user-research",
        name="User Research",
        short_name="Research",
        purpose="agree on open questions and collect what people really said",
        artifact="questions and insights",
        minutes=30,
        inputs={
            "challenge": WHOLE,
            "stakeholder-mapping": (
                "stakeholders[category=core].name",
                "stakeholders[category=core].power",
                "stakeholders[category=core].interest",
            ),
        },
    ),
    Step(
        slug="sense-making",
        name="Research Sense Making",
        short_name="Sense",
        purpose="cluster the evidence into themes, pains and gains",
        artifact="empathy map",
        minutes=25,
        inputs={"challenge": _QUESTION, "user-research": _FINDINGS},
    ),
    Step(
        slug="persona",
        name="Persona Development",
        short_name="Personas",
        purpose="describe one to three people the research is about",
        artifact="personas",
        minutes=20,
        inputs={
            "stakeholder-mapping": WHOLE,
            "user-research": _FINDINGS,
            "sense-making": _PAINS_AND_GAINS,
        },
    ),
    Step(
        slug="journey-mapping",
        name="Journey Mapping",
        short_name="Journey",
        purpose="walk through today's journey, stage by stage, and find its dip",
        artifact="journey map",
        minutes=25,
        inputs={
            "challenge": WHOLE,
            "user-research": WHOLE,
            "sense-making": _PAINS_AND_GAINS,
            "persona": WHOLE,
        },
    ),
    Step(
        slug="reframe",
        name="Reframing Challenge",
        short_name="Reframe",
        purpose="build a new How-Might-We question out of the research",
        artifact="set of reframed questions",
        minutes=20,
        inputs={
            "challenge": _QUESTION,
            "sense-making": WHOLE,
            "persona": WHOLE,
            "journey-mapping": _DIP,
        },
    ),
    Step(
        slug="ideation",
        name="Ideation",
        short_name="Ideas",
        purpose="collect many ideas, then choose a few",
        artifact="ideas and selection",
        minutes=30,
        inputs={
            "sense-making": WHOLE,
            "persona": WHOLE,
            "journey-mapping": WHOLE,
            "reframe": ("hmw_statements[selected].full_statement",),
        },
    ),
    Step(
        slug="concept",
        name="Concept Development",
        short_name="Concepts",
        purpose="turn each selected idea into a concept sheet",
        artifact="concept sheets",
        minutes=25,
        inputs={
            "stakeholder-mapping": WHOLE,
            "user-research": WHOLE,
            "sense-making": _PAINS_AND_GAINS,
            "persona": WHOLE,
            "journey-mapping": _DIP,
            "reframe": WHOLE,
            "ideation": ("selected_idea_titles",),
        },
    ),
    Step(
        slug="validate",
        name="Validate",
        short_name="Validate",
        purpose="look back honestly, judge our confidence and agree on what to do next",
        artifact="synthesis",
        minutes=15,
        inputs={
            "challenge": WHOLE,
            "stakeholder-mapping": WHOLE,
            "user-research": WHOLE,
            "sense-making": WHOLE,
            "persona": WHOLE,
            "journey-mapping": WHOLE,
            "reframe": WHOLE,
            "ideation": WHOLE,
            "concept": WHOLE,
        },
    ),
)

#: The steps in the order a team walks them.
STEPS: tuple[Step, ...] = tuple(
    replace(step, number=number) for number, step in enumerate(_STEPS, start=1)
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
