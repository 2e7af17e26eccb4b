"""The criteria: good artifacts pass, also when edited by hand; each rule catches what it is for."""

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from lib.workshop import steps
from lib.workshop.artifacts import criteria, models
from lib.workshop.artifacts.criteria import grounding
from lib.workshop.artifacts.criteria.matching import alike, best, is_placeholder
from lib.workshop.records import Fields

HMW = "How might we help people on our waiting list to garden before they have a plot?"
NEW_HMW = (
    "Given that Amira reads “number 41” on a letter and hears nothing for a year, how might we "
    "help "
    "Amira to get her hands into the soil this spring, so that she stays with us?"
)


def _idea(title: str, *, wild: bool = False) -> Fields:
    return {
        "title": title,
        "description": f"{title}, tried out",
        "is_wild_card": wild,
        "source": "team",
    }


def _stage(name: str, emotion: str, *, dip: bool = False) -> Fields:
    return {
        "name": name,
        "action": f"{name} and looks around",
        "goals": "To belong somewhere",
        "barriers": "Nobody says how long it takes",
        "touchpoints": "Notice board, letter",
        "emotion": emotion,
        "is_dip": dip,
    }


def _sheet(source: str, name: str) -> Fields:
    return {
        "idea_source": source,
        "name": name,
        "elevator_pitch": "People on the list share a bed with somebody who has too much of it.",
        "usp": "Soil in the first spring instead of a number on a letter",
        "swot": {
            "strengths": ["Costs nothing", "Starts this spring", "Older members get help"],
            "weaknesses": ["Needs trust", "Beds are small", "Somebody has to match people"],
            "opportunities": ["Members who are ill", "The town likes it", "Schools could join"],
            "threats": ["The statutes forbid it", "Quarrels about the harvest", "A dry summer"],
        },
        "feasibility": {
            "technical": 5,
            "technical_rationale": "A list on the notice board is enough",
            "business": 4,
            "business_rationale": "No money changes hands",
            "user_desirability": 4,
            "user_desirability_rationale": "Amira asked for soil, not for a plot",
        },
    }


GOOD: Mapping[str, Fields] = {
    "challenge": {
        "problem_statement": "People wait four years for a plot while beds lie fallow",
        "target_user": "People on the waiting list",
        "desired_outcome": "People on the list garden with us in their first spring",
        "hmw_statement": HMW,
    },
    "stakeholder-mapping": {
        "stakeholders": [
            {"name": "People on the list", "category": "core", "power": "low", "interest": "high"},
            {
                "name": "Older members",
                "category": "direct",
                "power": "medium",
                "interest": "medium",
            },
            {"name": "The town", "category": "indirect", "power": "high", "interest": "low"},
        ]
    },
    "user-research": {
        "interview_questions": [
            "How did you hear about the allotments?",
            "Tell me about the day you signed up.",
            "What happened after that?",
        ],
        "insights": [
            {
                "finding": "She got a letter with number 41 and nothing after it",
                "source": "Amira",
                "quote": "It said number 41. I put it on the fridge.",
            },
            {
                "finding": "He cannot dig half of his plot any more",
                "source": "Herbert, 81",
                "quote": "Half of it is too much for my back.",
            },
            {"finding": "Nobody says how long the wait is", "source": "Amira"},
            {"finding": "The beans rot because nobody picks them", "source": "Herbert, 81"},
        ],
    },
    "sense-making": {
        "themes": [
            {
                "name": "A number instead of a welcome",
                "evidence": ["She got a letter with number 41 and nothing after it"],
            },
            {"name": "Too much garden", "evidence": ["He cannot dig half of his plot any more"]},
        ],
        "pains": [
            "Nobody says how long the wait is",
            "A letter with a number and nothing after it",
            "Half a plot nobody can dig",
            "Beans that rot",
            "Feeling like an outsider at the fence",
        ],
        "gains": [
            "Soil under the nails this spring",
            "Somebody to dig with",
            "Beans that are picked",
            "Knowing how long the wait is",
            "A back that does not hurt",
        ],
    },
    "persona": {
        "personas": [
            {
                "name": "Amira",
                "role": "On the list for two years",
                "bio": "Amira lives on the fourth floor and grows tomatoes on the windowsill.",
                "quote": "It said number 41. I put it on the fridge.",
                "goals": ["Grow beans with her son"],
                "pains": ["Nobody says how long the wait is"],
                "gains": ["Soil under the nails this spring"],
            }
        ]
    },
    "journey-mapping": {
        "persona_name": "Amira",
        "stages": [
            _stage("Walks past", "positive"),
            _stage("Signs up", "neutral"),
            _stage("Reads the letter", "negative", dip=True),
            _stage("Waits", "negative"),
        ],
        "dip_summary": "The letter says number 41, and then she hears nothing for a year",
        "dip_rationale": "Here she stops telling her son about the garden",
    },
    "reframe": {
        "original_hmw": HMW,
        "hmw_statements": [
            {
                "given_that": "Amira reads number 41 on a letter and hears nothing for a year",
                "persona": "Amira",
                "immediate_goal": "Get her hands into the soil this spring",
                "deeper_goal": "She stays with us",
                "full_statement": NEW_HMW,
                "selected": True,
            }
        ],
        "insights_applied": ["She got a letter with number 41 and nothing after it"],
    },
    "ideation": {
        "reframed_hmw": NEW_HMW,
        "clusters": [
            {
                "theme": "Sharing",
                "ideas": [
                    _idea(f"Shared {thing}")
                    for thing in ("bed", "shed", "hose", "harvest", "compost")
                ],
            },
            {
                "theme": "Meeting",
                "ideas": [
                    _idea(f"Evening of {thing}")
                    for thing in ("soup", "seeds", "stories", "songs", "tools")
                ],
            },
            {
                "theme": "Else",
                "ideas": [
                    _idea(thing, wild=thing == "Flying garden")
                    for thing in (
                        "Flying garden",
                        "Roof beds",
                        "Letter with seeds",
                        "Wait-o-meter",
                        "Bean post",
                    )
                ],
            },
        ],
        "selected_idea_titles": ["Shared bed", "Letter with seeds"],
    },
    "concept": {
        "concepts": [
            _sheet("Shared bed", "Half a Plot"),
            _sheet("Letter with seeds", "Seed Letter"),
        ]
    },
    "validate": {
        "narrative": "We thought we lack plots. People told us that they lack a first spring "
        "with us.",
        "step_summaries": [
            {"step": step.name, "key_outputs": ["What we found"]} for step in steps.STEPS[:-1]
        ],
        "confidence": {
            "score": 6,
            "rationale": "Two people, two sides",
            "research_quality": "moderate",
        },
        "next_steps": [
            "Herbert marks half of his plot by May",
            "Amira asks five others",
            "We read the statutes",
        ],
    },
}

Path = tuple[str | int, ...]


def edited(step: str, path: Path, value: Any) -> Fields:
    """Return the good artifact of *step* with one place changed."""
    fields: Any = copy.deepcopy(GOOD[step])
    at = fields
    for part in path[:-1]:
        at = at[part]
    at[path[-1]] = value
    return fields  # type: ignore[no-any-return]


def missing(step: str, fields: Fields) -> list[str]:
    return criteria.missing(
        step, fields, {slug: GOOD[slug] for slug in steps.step(step).feeds_from}
    )


@pytest.mark.parametrize("step", steps.SLUGS)
def test_a_good_artifact_lacks_nothing(step: str) -> None:
    assert missing(step, GOOD[step]) == []


@pytest.mark.parametrize("step", steps.SLUGS)
def test_a_good_artifact_lacks_nothing_where_earlier_ones_are_not_known(step: str) -> None:
    assert criteria.missing(step, GOOD[step], {}) == []


@pytest.mark.parametrize("step", steps.SLUGS)
def test_an_empty_draft_lacks_every_required_field_and_says_what_to_do(step: str) -> None:
    model = models.MODELS[step]
    required = [info.title for info in model.model_fields.values() if info.is_required()]
    said = missing(step, {})

    assert [each.split(":")[0] for each in said if "Fill it in" in each] == required


@pytest.mark.parametrize(
    ("step", "path", "value", "says"),
    [
        ("challenge", ("target_user",), "everyone", "Name the group"),
        (
            "challenge",
            ("desired_outcome",),
            "We launch a mobile app for gardeners",
            "names a solution",
        ),
        ("challenge", ("desired_outcome",), "We are the best allotment in the world", "a vision"),
        (
            "challenge",
            ("desired_outcome",),
            "People wait four years for a plot while beds lie fallow.",
            "repeats the problem",
        ),
        (
            "challenge",
            ("hmw_statement",),
            "How might we build a simple booking platform for beds?",
            "already holds a solution",
        ),
        ("challenge", ("hmw_statement",), "How might we make everyone happy?", "a vision"),
        ("challenge", ("hmw_statement",), "Help people on the list", "begins with “How might we”"),
        ("challenge", ("hmw_statement",), "How might we help?", "says too little"),
        ("challenge", ("hmw_statement",), " ".join(["How might we", *["garden"] * 25]), "under 25"),
        ("stakeholder-mapping", ("stakeholders", 0, "category"), "direct", "core circle"),
        ("stakeholder-mapping", ("stakeholders", 1, "category"), "core", "direct circle"),
        ("stakeholder-mapping", ("stakeholders", 2, "category"), "core", "indirect circle"),
        (
            "stakeholder-mapping",
            ("stakeholders", 1, "name"),
            "people on the list",
            "on the map twice",
        ),
        ("stakeholder-mapping", ("stakeholders", 1, "power"), "", "Power"),
        ("user-research", ("interview_questions",), ["How was it?"], "agree on three"),
        ("user-research", ("interview_questions", 0), "Do you like gardening?", "yes or no"),
        (
            "user-research",
            ("interview_questions", 0),
            "Don’t you think the wait is too long?",
            "leads to the answer",
        ),
        ("user-research", ("insights", 2, "finding"), "bad", "Too short"),
        ("user-research", ("insights", 2, "source"), "", "Nobody is named"),
        ("user-research", ("insights",), GOOD["user-research"]["insights"][:1], "somebody else"),
        (
            "sense-making",
            ("themes", 0, "evidence"),
            ["Dragons guard the shed"],
            "not among the findings",
        ),
        ("sense-making", ("themes",), GOOD["sense-making"]["themes"][:1], "Themes"),
        ("sense-making", ("pains",), ["Beans that rot", "Nobody says how long"], "five are needed"),
        ("sense-making", ("pains",), ["Beans that rot"] * 5, "1 different"),
        ("sense-making", ("gains",), ["Beans that are picked"], "five are needed"),
        (
            "sense-making",
            ("pains",),
            ["Parking", "Taxes", "Traffic", "Noise at night", "Slow trains"],
            "about something else",
        ),
        ("persona", ("personas", 0, "pains"), ["Parking costs a fortune"], "none of the pains"),
        ("persona", ("personas", 0, "gains"), ["A faster car"], "none of the gains"),
        (
            "persona",
            ("personas", 0, "quote"),
            "Gardens are overrated, frankly",
            "nobody in your research said",
        ),
        ("persona", ("personas", 0, "bio"), "Likes beans", "very short"),
        ("persona", ("personas",), [GOOD["persona"]["personas"][0]] * 2, "same name"),
        (
            "journey-mapping",
            ("stages",),
            [_stage(str(place), "negative", dip=place == 1) for place in range(4)],
            "Every stage feels",
        ),
        ("journey-mapping", ("stages", 2, "emotion"), "positive", "is the dip and feels positive"),
        ("journey-mapping", ("stages", 1, "name"), "Walks past", "same name"),
        ("journey-mapping", ("stages", 1, "name"), "walks past!", "same name"),
        ("journey-mapping", ("stages", 2, "is_dip"), False, "exactly one stage"),
        ("journey-mapping", ("stages", 2, "barriers"), "", "in the way"),
        ("journey-mapping", ("dip_rationale",), "", "Why this is the dip"),
        ("journey-mapping", ("persona_name",), "Gustav", "not one of your personas"),
        ("reframe", ("original_hmw",), "How might we sell more coffee?", "quote the question"),
        ("reframe", ("hmw_statements", 0, "full_statement"), HMW, "no more than the question"),
        (
            "reframe",
            ("hmw_statements", 0, "full_statement"),
            "How might we develop an app that tells Amira her number?",
            "holds a solution",
        ),
        ("reframe", ("hmw_statements", 0, "persona"), "Gustav", "not one of your personas"),
        ("reframe", ("hmw_statements", 0, "selected"), False, "at least one question"),
        ("reframe", ("hmw_statements", 0, "deeper_goal"), "", "so that"),
        ("ideation", ("clusters",), GOOD["ideation"]["clusters"][:2], "Clusters: 2"),
        ("ideation", ("clusters",), GOOD["ideation"]["clusters"] * 2, "Clusters: 6"),
        (
            "ideation",
            ("clusters", 0, "ideas"),
            [_idea("Shared bed"), _idea("shared bed!")],
            "more, rough ones",
        ),
        ("ideation", ("clusters", 2, "ideas", 0, "is_wild_card"), False, "No wild card"),
        ("ideation", ("selected_idea_titles",), ["A moat"], "not among the ideas"),
        ("ideation", ("reframed_hmw",), "How might we sell more coffee?", "not one you selected"),
        ("concept", ("concepts",), [_sheet("Shared bed", "Half a Plot")], "Letter with seeds"),
        ("concept", ("concepts", 0, "idea_source"), "A moat", "not a selected idea"),
        ("concept", ("concepts", 0, "name"), "Plot", "2 to 4"),
        ("concept", ("concepts", 0, "swot", "threats"), ["A dry summer"], "Threats"),
        (
            "concept",
            ("concepts", 0, "swot", "threats"),
            ["Rain", "Rain.", "Hail"],
            "two threats are the same",
        ),
        (
            "concept",
            ("concepts", 0, "feasibility", "business_rationale"),
            "ok",
            "a reason of its own",
        ),
        (
            "concept",
            ("concepts", 0, "feasibility", "business_rationale"),
            "A list on the notice board is enough",
            "a reason of its own",
        ),
        (
            "validate",
            ("step_summaries",),
            GOOD["validate"]["step_summaries"][:8],
            "Concept Development",
        ),
        ("validate", ("confidence", "rationale"), "Hope", "what the score rests on"),
        (
            "validate",
            ("confidence",),
            {"score": 8, "rationale": "We asked nobody real", "research_quality": "thin"},
            "on thin research is too high",
        ),
        ("validate", ("next_steps", 0), "Test it", "is vague"),
        ("validate", ("next_steps", 0), "amira asks five others!", "there twice"),
    ],
)
def test_a_criterion_catches_what_it_is_for(step: str, path: Path, value: Any, says: str) -> None:
    said = missing(step, edited(step, path, value))

    assert any(says in sentence for sentence in said), said


def test_a_reframed_question_has_to_touch_the_dip() -> None:
    statement = {
        "given_that": "Amira likes cooking",
        "persona": "Amira",
        "immediate_goal": "Find recipes",
        "deeper_goal": "Dinner tastes better",
        "full_statement": "How might we help Amira to find recipes, so that dinner tastes better?",
        "selected": True,
    }

    assert "the dip of your journey" in " ".join(
        missing("reframe", edited("reframe", ("hmw_statements",), [statement]))
    )


def test_a_concept_has_to_refer_to_what_was_found() -> None:
    sheet = _sheet("Shared bed", "Half a Plot")
    sheet["swot"] = {kind: ["Alpha", "Beta", "Gamma"] for kind in sheet["swot"]}
    sheet["feasibility"] |= {
        "technical_rationale": "Our plumber agrees",
        "business_rationale": "Cheap enough",
        "user_desirability_rationale": "Sounds lovely",
    }
    said = missing("concept", edited("concept", ("concepts", 0), sheet))

    assert any("refer to your research" in sentence for sentence in said)


def test_research_that_was_only_played_is_thin_whatever_the_team_says() -> None:
    played = edited(
        "user-research",
        ("insights",),
        [
            each | {"source": f"{each['source']} (synthetic)"}
            for each in GOOD["user-research"]["insights"]
        ],
    )
    said = criteria.missing("validate", GOOD["validate"], {**GOOD, "user-research": played})

    assert any("Set it to thin" in sentence for sentence in said)


def test_research_with_one_real_source_may_be_more_than_thin() -> None:
    first, *rest = GOOD["user-research"]["insights"]
    played = [each | {"source": f"{each['source']} (synthetic)"} for each in rest]
    mixed = edited("user-research", ("insights",), [first, *played])
    said = criteria.missing("validate", GOOD["validate"], {**GOOD, "user-research": mixed})

    assert not any("Set it to thin" in sentence for sentence in said)


PLACEHOLDERS = [
    "TBD",
    "tbd.",
    "...",
    "…",
    "n/a",
    "N/A",
    "lorem ipsum dolor",
    "xxx",
    "How might we ...?",
    "TODO",
    "-",
    "??",
    "placeholder",
    "[...]",
]


@pytest.mark.parametrize("text", PLACEHOLDERS)
def test_a_placeholder_does_not_count_as_filled(text: str) -> None:
    assert is_placeholder(text)
    assert any(
        "holds the place" in each
        for each in missing("challenge", edited("challenge", ("problem_statement",), text))
    )
    assert missing("concept", edited("concept", ("concepts", 0, "swot", "threats", 1), text))


@pytest.mark.parametrize(
    "text", ["None of us", "xxl boots", "Nothing happens", "待ち時間が長い", "😡", "No", "Die Tür"]
)
def test_real_words_are_no_placeholder(text: str) -> None:
    assert not is_placeholder(text)


@pytest.mark.parametrize(
    ("step", "path", "value"),
    [
        (
            "challenge",
            ("hmw_statement",),
            "Wie könnten wir Leuten auf der Warteliste einen ersten Frühling schenken?",
        ),
        (
            "challenge",
            ("hmw_statement",),
            "¿Cómo podríamos ayudar a la gente de la lista a sembrar?",
        ),
        (
            "challenge",
            ("hmw_statement",),
            "How might we help people who struggle with the town's booking platform?",
        ),
        ("challenge", ("target_user",), "everyone who has waited two years or more"),
        ("user-research", ("interview_questions", 0), "Can you tell me about your garden?"),
        ("user-research", ("interview_questions", 0), "Was ist danach passiert?"),
        ("user-research", ("insights", 2, "source"), "amira"),
        ("sense-making", ("themes", 0, "evidence"), ["letter with NUMBER 41, nothing after it"]),
        ("sense-making", ("themes", 0, "evidence"), ["I put it on the fridge"]),
        ("sense-making", ("pains", 0), "Being treated like air"),
        ("persona", ("personas", 0, "quote"), "„It said number 41 …“"),
        (
            "persona",
            ("personas", 0, "pains"),
            ["Not knowing how long she waits", "Her son gets bored"],
        ),
        ("journey-mapping", ("persona_name",), "Amira (on the list)"),
        ("journey-mapping", ("stages", 2, "emotion"), "neutral"),
        (
            "reframe",
            ("original_hmw",),
            "how might we help people on the waiting list garden before they have a plot",
        ),
        ("reframe", ("hmw_statements", 0, "persona"), "Amira and her son"),
        ("ideation", ("selected_idea_titles",), ["shared BED", "Letter with seeds"]),
        ("concept", ("concepts", 0, "idea_source"), "The shared bed"),
        ("validate", ("step_summaries", 0, "step"), "1. Challenge"),
        ("validate", ("step_summaries", 3, "step"), "sense-making"),
    ],
)
def test_a_good_artifact_that_was_edited_by_hand_still_passes(
    step: str, path: Path, value: Any
) -> None:
    assert missing(step, edited(step, path, value)) == []


def test_every_gap_names_a_field_of_its_step() -> None:
    for step in steps.SLUGS:
        for gap in criteria.gaps(step, {}, GOOD):
            assert gap.field in models.MODELS[step].model_fields


def test_broken_drafts_and_artifacts_are_judged_without_an_error() -> None:
    broken: Any = {"stakeholders": "nobody", "themes": [[1]], "concepts": [{"swot": []}], "x": None}
    for step in steps.SLUGS:
        assert criteria.missing(step, broken, dict.fromkeys(steps.SLUGS, broken))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Nobody called me back", "“nobody called back”, for weeks", True),
        ("The boots are too big", "Nobody called me back", False),
        ("Newcomers", "newcomer", True),
        ("", "", False),
        ("a", "the", False),
    ],
)
def test_likeness_forgives_endings_case_and_punctuation(one: str, other: str, same: bool) -> None:
    assert alike(one, other) is same


def test_the_best_match_prefers_the_same_text_over_a_longer_one() -> None:
    assert best("the bell", ["the bell at the gate", "The bell!"]) == 1


@pytest.mark.parametrize(("lost", "says"), [(1, False), (2, False), (3, True)])
def test_pains_may_be_in_words_nobody_used_up_to_half_of_them(lost: int, says: bool) -> None:
    heard = [each["finding"] for each in GOOD["user-research"]["insights"]]
    pains = [
        *(f"Qwx{n} zyv{n} kjh{n}" for n in range(lost)),
        *(f"{heard[n]} no. {n}" for n in range(4 - lost)),
    ]
    said = missing("sense-making", edited("sense-making", ("pains",), pains))

    assert any("about something else" in sentence for sentence in said) == says


@pytest.fixture
def compared() -> Iterator[list[int]]:
    """Compare by a likeness that finds cold in frost; return how many texts each call compared."""
    counts = []

    def closest(texts: Sequence[str], sources: Sequence[str]) -> list[float]:
        counts.append(len(texts) + len(sources))
        return [float("frost" in text and "cold" in " ".join(sources)) for text in texts]

    grounding.use(closest)
    yield counts
    grounding.use(None)


@pytest.mark.usefixtures("compared")
def test_a_text_in_other_words_is_grounded_by_its_meaning() -> None:
    texts = ["Fingers hurt from frost", "A cold wind", "Cheaper tickets"]

    assert grounding.grounded(texts, ["cold benches"]) == [True, True, False]


@pytest.mark.usefixtures("compared")
def test_evidence_in_other_words_is_among_the_findings() -> None:
    research = {"user-research": {"insights": [{"finding": "cold benches", "source": "Ada"}]}}
    theme = {"name": "Winter", "evidence": ["frost in the hall", "Dragons guard the shed"]}

    said = criteria.missing("sense-making", {"themes": [theme]}, research)

    assert [each for each in said if "frost" in each] == []
    assert [each for each in said if "Dragons" in each] != []


def test_without_a_likeness_shared_words_decide() -> None:
    assert grounding.grounded(["frost", "cold wind", "the", ""], ["cold benches", "the"]) == [
        False,
        True,
        True,
        False,
    ]


def test_only_a_bounded_number_of_texts_is_compared_by_meaning(compared: list[int]) -> None:
    texts = [f"frost{number}" for number in range(5_000)]

    found = grounding.grounded(texts, ["cold"] * 5_000)

    assert (len(found), found[:2], found[-1]) == (5_000, [True, True], False)
    assert max(compared) <= 400


@pytest.mark.parametrize("kind", ["strengths", "weaknesses", "opportunities", "threats"])
def test_no_side_of_a_swot_says_the_same_twice(kind: str) -> None:
    said = missing(
        "concept", edited("concept", ("concepts", 0, "swot", kind), ["We wait", "We wait"])
    )

    assert any(f"two {kind} are the same" in sentence for sentence in said)


@pytest.mark.parametrize("step", steps.SLUGS)
def test_of_an_empty_field_nothing_is_said_but_that_it_is_empty(step: str) -> None:
    required = [
        name for name, info in models.MODELS[step].model_fields.items() if info.is_required()
    ]
    found = [
        [gap.field for gap in criteria.gaps(step, {}, GOOD) if gap.field == name]
        for name in required
    ]

    assert [len(each) for each in found] == [1] * len(required)
