"""
What each step yields: the artifact models, as strict as a team's confirmation.

A draft is a plain dict of the same field names in which anything may be missing: see `lib.workshop.artifacts.normalise`.
Whether a whole artifact is also good enough is asked in `lib.workshop.artifacts.criteria`.
"""

import types
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from lib.workshop.records import Fields
from lib.workshop.steps import STEPS

Text = Annotated[str, Field(min_length=1)]
Rating = Annotated[int, Field(ge=1, le=5)]
Level = Literal["high", "medium", "low"]


# Every list has a limit. A draft may hold more for as long as the team works on it; it says so
# and cannot be confirmed before entries were merged or removed (`tests/test_lists.py`).


class Artifact(BaseModel):
    """The base of every artifact: unknown fields are refused, texts are trimmed."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    @staticmethod
    def highlights(fields: Fields) -> list[str]:
        """Return what matters most in *fields*, in their own words; some lines may be blank."""
        raise NotImplementedError


def words(text: str) -> int:
    """Return how many words *text* has, split at white space."""
    return len(text.split())


# 1 challenge


class Challenge(Artifact):
    """The challenge statement."""

    problem_statement: Text = Field(title="Problem", description="What is wrong today")
    target_user: Text = Field(title="Who has it", description="The people the problem belongs to")
    desired_outcome: Text = Field(
        title="Desired outcome", description="What could be observed once it is solved"
    )
    hmw_statement: Text = Field(
        title="How might we", description="One question, under 25 words, with no solution in it"
    )
    altitude: Literal["specific", "balanced", "broad"] | None = Field(
        None, title="Altitude", description="How wide the question is"
    )

    @field_validator("hmw_statement")
    @classmethod
    def _short(cls, value: str) -> str:
        if words(value) >= 25:
            raise ValueError(f"has {words(value)} words; under 25 fit a How-Might-We")
        return value

    @staticmethod
    def highlights(fields: Fields) -> list[str]:
        """Return the question and the problem."""
        return [fields.get("hmw_statement", ""), fields.get("problem_statement", "")]


# 2 stakeholder-mapping


class Stakeholder(Artifact):
    """A person or group on the map."""

    name: Text = Field(title="Name")
    category: Literal["core", "direct", "indirect"] = Field(title="Circle")
    power: Level = Field(title="Power")
    interest: Level = Field(title="Interest")
    notes: str | None = Field(None, title="Notes")


class StakeholderMap(Artifact):
    """Who is involved."""

    stakeholders: list[Stakeholder] = Field(title="Stakeholders", min_length=1, max_length=200)

    @staticmethod
    def highlights(fields: Fields) -> list[str]:
        """Return the names in each circle."""
        lines = []
        for circle in ("core", "direct", "indirect"):
            names = [
                each["name"]
                for each in fields.get("stakeholders", [])
                if each.get("category") == circle and each.get("name")
            ]
            lines += [f"{circle.capitalize()}: {', '.join(names)}"] if names else []
        return lines


# 3 user-research


class Insight(Artifact):
    """One thing the team found out, and from whom."""

    finding: Text = Field(title="Finding")
    source: str | None = Field(None, title="Who said it")
    quote: str | None = Field(None, title="In their words")
    origin: str | None = Field(
        None, title="Where it is", description="The interview, and the time in it"
    )


class Research(Artifact):
    """Questions asked, findings made."""

    interview_questions: list[Text] = Field(
        title="Interview questions", min_length=1, max_length=8, description="Open and neutral"
    )
    insights: list[Insight] = Field(title="Insights", min_length=1, max_length=200)

    @staticmethod
    def highlights(fields: Fields) -> list[str]:
        """Return the findings with their sources."""
        found = [each for each in fields.get("insights", []) if each.get("finding")]
        return [
            f"{each['finding']} ({each['source']})" if each.get("source") else each["finding"]
            for each in found
        ]


# 4 sense-making


class Theme(Artifact):
    """A cluster of findings."""

    name: Text = Field(title="Theme")
    evidence: list[Text] = Field(
        title="Evidence",
        min_length=1,
        max_length=50,
        description="Findings of the research it rests on",
    )


class EmpathyMap(Artifact):
    """Themes, pains and gains."""

    themes: list[Theme] = Field(title="Themes", min_length=2, max_length=5)
    pains: list[Text] = Field(title="Pains", min_length=1, max_length=5)
    gains: list[Text] = Field(title="Gains", min_length=1, max_length=5)

    @staticmethod
    def highlights(fields: Fields) -> list[str]:
        """Return the themes, the first pain and the first gain."""
        themes = [each["name"] for each in fields.get("themes", []) if each.get("name")]
        return [
            f"Themes: {'; '.join(themes)}" if themes else "",
            *(
                f"{name.capitalize()[:-1]}: {fields[name][0]}"
                for name in ("pains", "gains")
                if fields.get(name)
            ),
        ]


# 5 persona


class Persona(Artifact):
    """Somebody the research is about."""

    name: Text = Field(title="Name")
    role: Text = Field(title="Role")
    bio: Text = Field(title="Bio", description="Two or three sentences")
    quote: Text = Field(title="Quote", description="Something the research heard")
    age: int | None = Field(None, title="Age", ge=18, le=100)
    location: str | None = Field(None, title="Location")
    goals: list[Text] = Field(title="Goals", min_length=1, max_length=5)
    pains: list[Text] = Field(title="Pains", min_length=1, max_length=5)
    gains: list[Text] = Field(title="Gains", min_length=1, max_length=5)
    motivations: str | None = Field(None, title="Motivations")
    frustrations: str | None = Field(None, title="Frustrations")
    behaviors: str | None = Field(None, title="Behaviors")
    day_in_the_life: str | None = Field(None, title="A day in the life")


class Personas(Artifact):
    """One to three personas."""

    personas: list[Persona] = Field(title="Personas", min_length=1, max_length=3)

    @staticmethod
    def highlights(fields: Fields) -> list[str]:
        """Return each persona's name, role and quote."""
        return [
            f"{each.get('name', '')}, {each.get('role', '')}: “{each.get('quote', '')}”"
            for each in fields.get("personas", [])
        ]


# 6 journey-mapping


class Stage(Artifact):
    """One stage of today's journey."""

    name: Text = Field(title="Stage")
    action: Text = Field(title="What they do")
    goals: Text = Field(title="What they want")
    barriers: Text = Field(title="What is in the way")
    touchpoints: Text = Field(title="Touchpoints")
    emotion: Literal["positive", "neutral", "negative"] = Field(title="Emotion")
    moment_of_truth: str | None = Field(None, title="Moment of truth")
    opportunity: str | None = Field(None, title="Opportunity")
    is_dip: bool = Field(False, title="The dip")


class Journey(Artifact):
    """Today's journey, with its dip."""

    persona_name: Text = Field(title="Whose journey")
    stages: list[Stage] = Field(title="Stages", min_length=4, max_length=8)
    dip_summary: Text = Field(title="The dip", description="What happens at the lowest point")
    dip_rationale: str | None = Field(None, title="Why this is the dip")

    @field_validator("stages")
    @classmethod
    def _one_dip(cls, value: list[Stage]) -> list[Stage]:
        dips = sum(stage.is_dip for stage in value)
        if dips != 1:
            raise ValueError(f"mark exactly one stage as the dip; {dips} are marked")
        return value

    @staticmethod
    def highlights(fields: Fields) -> list[str]:
        """Return the path from stage to stage, and its dip."""
        path = " → ".join(each["name"] for each in fields.get("stages", []) if each.get("name"))
        return [path, fields.get("dip_summary", ""), fields.get("dip_rationale", "")]


# 7 reframe


class ReframedQuestion(Artifact):
    """A How-Might-We in its four parts."""

    given_that: Text = Field(title="Given that", description="What the research showed")
    persona: Text = Field(title="how might we help", description="A persona")
    immediate_goal: Text = Field(title="to", description="What they want to do right then")
    deeper_goal: Text = Field(title="so that", description="What they want in the end")
    full_statement: Text = Field(title="In full")
    selected: bool = Field(False, title="Goes on")


class Reframe(Artifact):
    """The reframed questions."""

    original_hmw: Text = Field(title="Where we started")
    hmw_statements: list[ReframedQuestion] = Field(
        title="Reframed questions", min_length=1, max_length=20
    )
    insights_applied: list[Text] = Field(title="Insights applied", min_length=1, max_length=50)
    evolution: str | None = Field(None, title="How the question changed")

    @field_validator("hmw_statements")
    @classmethod
    def _one_selected(cls, value: list[ReframedQuestion]) -> list[ReframedQuestion]:
        if not any(statement.selected for statement in value):
            raise ValueError("mark at least one question to continue with")
        return value

    @staticmethod
    def highlights(fields: Fields) -> list[str]:
        """Return the selected questions."""
        return [
            each["full_statement"]
            for each in fields.get("hmw_statements", [])
            if each.get("selected") and each.get("full_statement")
        ]


# 8 ideation


class Idea(Artifact):
    """One idea."""

    title: Text = Field(title="Idea")
    description: Text = Field(title="In a sentence")
    is_wild_card: bool = Field(False, title="Wild card")
    source: Literal["mind-mapping", "crazy-eights", "brain-writing", "team"] = Field(title="From")


class Cluster(Artifact):
    """Ideas that belong together."""

    theme: Text = Field(title="Theme")
    ideas: list[Idea] = Field(title="Ideas", min_length=2, max_length=100)


class Ideas(Artifact):
    """All ideas, and the few selected."""

    reframed_hmw: Text = Field(title="The question")
    clusters: list[Cluster] = Field(title="Clusters", min_length=2, max_length=12)
    selected_idea_titles: list[Text] = Field(
        title="Selected ideas", min_length=1, max_length=4, description="By the titles above"
    )

    @model_validator(mode="after")
    def _selected_exist(self) -> "Ideas":
        titles = {idea.title.casefold() for cluster in self.clusters for idea in cluster.ideas}
        for title in self.selected_idea_titles:
            if title.casefold() not in titles:
                raise ValueError(f"the selected idea “{title}” is not among the ideas")
        return self

    @staticmethod
    def highlights(fields: Fields) -> list[str]:
        """Return two selected ideas, the clusters, and the other selected ideas."""
        chosen = [f"Selected: {title}" for title in fields.get("selected_idea_titles", [])]
        themes = [each["theme"] for each in fields.get("clusters", []) if each.get("theme")]
        return [*chosen[:2], f"Clusters: {'; '.join(themes)}" if themes else "", *chosen[2:]]


# 9 concept


class Swot(Artifact):
    """Three of each."""

    strengths: list[Text] = Field(title="Strengths", min_length=3, max_length=3)
    weaknesses: list[Text] = Field(title="Weaknesses", min_length=3, max_length=3)
    opportunities: list[Text] = Field(title="Opportunities", min_length=3, max_length=3)
    threats: list[Text] = Field(title="Threats", min_length=3, max_length=3)


class Feasibility(Artifact):
    """Three ratings from 1 (hard) to 5 (easy, or wanted), each with its reason."""

    technical: Rating = Field(title="Technical")
    technical_rationale: Text = Field(title="Why")
    business: Rating = Field(title="Business")
    business_rationale: Text = Field(title="Why")
    user_desirability: Rating = Field(title="Desirability")
    user_desirability_rationale: Text = Field(title="Why")


class Billboard(Artifact):
    """The concept on a poster."""

    headline: Text = Field(title="Headline", description="6 to 10 words")
    subheadline: Text = Field(title="Subheadline")
    call_to_action: Text = Field(title="Call to action")

    @field_validator("headline")
    @classmethod
    def _six_to_ten(cls, value: str) -> str:
        if not 6 <= words(value) <= 10:
            raise ValueError(f"has {words(value)} words; a billboard carries 6 to 10")
        return value


class ConceptSheet(Artifact):
    """One selected idea, worked out."""

    idea_source: Text = Field(title="From the idea")
    name: Text = Field(title="Name", description="2 to 4 words")
    elevator_pitch: Text = Field(title="Elevator pitch")
    usp: Text = Field(title="What makes it different")
    swot: Swot = Field(title="SWOT")
    feasibility: Feasibility = Field(title="Feasibility")
    billboard: Billboard | None = Field(None, title="Billboard")

    @field_validator("name")
    @classmethod
    def _two_to_four(cls, value: str) -> str:
        if not 2 <= words(value) <= 4:
            raise ValueError(f"has {words(value)} words; a name has 2 to 4")
        return value


class Concepts(Artifact):
    """A sheet for each selected idea."""

    concepts: list[ConceptSheet] = Field(title="Concepts", min_length=1, max_length=4)

    @staticmethod
    def highlights(fields: Fields) -> list[str]:
        """Return each concept's name and pitch."""
        return [
            f"{each.get('name', '')}: {each.get('elevator_pitch', '')}"
            for each in fields.get("concepts", [])
        ]


# 10 validate


class StepSummary(Artifact):
    """What one step came to."""

    step: Text = Field(title="Step")
    key_outputs: list[Text] = Field(title="Key outputs", min_length=1, max_length=3)


class Confidence(Artifact):
    """How sure the team is, and on what grounds."""

    score: int = Field(title="Score", ge=1, le=10)
    rationale: Text = Field(title="Why")
    research_quality: Literal["thin", "moderate", "strong"] = Field(
        title="Research", description="Thin where the interviews were synthetic only"
    )


class Synthesis(Artifact):
    """The workshop, looked back on."""

    narrative: Text = Field(title="Narrative")
    step_summaries: list[StepSummary] = Field(
        title="Step by step", min_length=len(STEPS) - 1, max_length=len(STEPS)
    )
    confidence: Confidence = Field(title="Confidence")
    next_steps: list[Text] = Field(title="Next steps", min_length=3, max_length=5)

    @staticmethod
    def highlights(fields: Fields) -> list[str]:
        """Return the narrative, the confidence and the first next step."""
        score = (fields.get("confidence") or {}).get("score")
        return [
            fields.get("narrative", ""),
            f"Confidence: {score} of 10" if score else "",
            *fields.get("next_steps", [])[:1],
        ]


#: What each step yields, by slug.
MODELS: Mapping[str, type[Artifact]] = types.MappingProxyType(
    {
        "challenge": Challenge,
        "stakeholder-mapping": StakeholderMap,
        "user-research": Research,
        "sense-making": EmpathyMap,
        "persona": Personas,
        "journey-mapping": Journey,
        "reframe": Reframe,
        "ideation": Ideas,
        "concept": Concepts,
        "validate": Synthesis,
    }
)
