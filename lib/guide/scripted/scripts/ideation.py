"""Step 8: many ideas in three rounds, sorted into clusters; then favourites and a selection."""

import re
from collections.abc import Callable

from lib.guide.scripted import phrasing, say, wall
from lib.guide.scripted.listen import Kind, kind_of
from lib.guide.scripted.scene import Answer, Question, Scene, Script
from lib.guide.scripted.taking import dip, own_words, rows
from lib.workshop.artifacts.criteria.gap import Gap
from lib.workshop.artifacts.criteria.making import ENOUGH_IDEAS
from lib.workshop.artifacts.criteria.matching import distinct
from lib.workshop.records import Fields

STEP = "ideation"


_MARK = re.compile(
    r"^\W*+(?:please |can you )*+(?:(?:mark|make) )?(?P<idea>.{1,400}?) (?:as|is) (?:a |our "
    r"|the )?wild[- ]?card\W*+$",
    re.IGNORECASE,
)


def _rounds_over(scene: Scene) -> bool:
    rounds = (each for each in SCRIPT.questions if each.serves == "clusters")
    return all(each.known(scene, "") or len(scene.asked(each.id)) >= 3 for each in rounds)


def _compose(scene: Scene) -> Fields:
    fields = scene.fields
    asked = [
        each
        for each in scene.upstream("reframe", "hmw_statements", [])
        if each.get("selected") and each.get("full_statement")
    ]
    if asked and not fields.get("reframed_hmw"):
        fields = fields | {"reframed_hmw": asked[0]["full_statement"]}
    composed = scene.having(fields)
    return wall.sorted_out(composed) if _rounds_over(composed) else fields


def _take_asked(scene: Scene, answer: Answer) -> Fields:
    told = own_words(answer.text, most=1)
    return scene.fields | {"reframed_hmw": phrasing.question(told, scene.language) or told}


# Choosing


def _lead_board(scene: Scene, topic: str) -> str:
    return wall.board(scene, wall.all_titles(scene))


def _favourites(scene: Scene) -> list[str]:
    return distinct(
        title for text in scene.answers("favourites") for title in wall.picked(scene, text)
    )


def _take_favourites(scene: Scene, answer: Answer) -> Fields:
    picked = wall.picked(scene, answer.text)
    few = 1 <= len(picked) <= 4 and re.search(
        r"\b(?:only|just|go on|select|nur)\b", answer.text, re.IGNORECASE
    )
    return scene.fields | ({"selected_idea_titles": picked} if few else {})


def _take_selection(scene: Scene, answer: Answer) -> Fields:
    if answer.yes:
        return scene.fields | {"selected_idea_titles": _favourites(scene)[:4]}
    picked = wall.picked(scene, answer.text)[:4]
    return scene.fields | ({"selected_idea_titles": picked} if picked else {})


def _lead_selection(scene: Scene, topic: str) -> str:
    liked = _favourites(scene)
    return (
        f"{scene.text('ideation.favourites')}\n\n{wall.board(scene, liked)}"
        if liked
        else _lead_board(scene, topic)
    )


def _correct(scene: Scene, text: str) -> Fields | None:
    """Read "move the bell to Welcome", "the bell is a wild card" and "select 3 and 5"."""
    if len(text) > 400:
        return None
    if found := _MARK.match(text):
        titles = wall.picked(scene, found["idea"])
        return wall.marked_wild(scene.fields, titles) if titles else None
    if re.match(
        r"\A\W*+(?:please )?(?:select|choose|we (?:select|choose|take))\b", text, re.IGNORECASE
    ):
        picked = wall.picked(
            scene, re.sub(r"\b(?:select|choose|take|we|please)\b", "", text, flags=re.I)
        )[:4]
        return scene.fields | {"selected_idea_titles": picked} if picked else None
    return wall.moved(scene, text)


def _loose(scene: Scene, text: str) -> Fields | None:
    if kind_of(text) is not Kind.CONTENT:
        return None
    return wall.sorted_out(scene.having(wall.taking("team")(scene, Answer(text))))


def _closes(scene: Scene, gap: Gap) -> str:
    if gap.code == "no-wild-card":
        return "wild"
    if gap.code == "ideas-few":
        return "more"
    return "select" if gap.field == "selected_idea_titles" else "none"


# Saying


def _count(scene: Scene, topic: str) -> str:
    number = len(distinct(wall.all_titles(scene)))
    ideas = scene.text("count.idea", count=number)
    return scene.text("ideation.count", ideas=ideas) if number else ""


def _greet(scene: Scene) -> str:
    asked = next(
        (
            each["full_statement"]
            for each in scene.upstream("reframe", "hmw_statements", [])
            if each.get("selected") and each.get("full_statement")
        ),
        "",
    )
    if not asked:
        return scene.text("ideation.greet")
    return scene.text("ideation.greet_given", question=say.gist(asked, 50, scene.language))


def _lead_mind_map(scene: Scene, topic: str) -> str:
    low = dip(scene).get("name", "")
    if not low:
        return scene.text("ideation.mind_map")
    return scene.text("ideation.mind_map_dip", stage=say.clip(low, 6))


def _cluster_line(scene: Scene, cluster: Fields) -> str:
    titles = [idea.get("title", "") for idea in cluster.get("ideas", [])]
    ideas = scene.text("count.idea", count=len(titles))
    name = f"{say.clip(cluster.get('theme', ''), 6)} ({ideas})"
    return say.labelled(name, say.named(titles, scene.language, 3, 4), scene.language)


def _selected(scene: Scene) -> str:
    return say.gists(rows(scene.fields, "selected_idea_titles"), 8, scene.language)


def _show(scene: Scene) -> list[str]:
    going_on = _selected(scene) or scene.text("ideation.nothing")
    return [
        *(_cluster_line(scene, each) for each in rows(scene.fields, "clusters")),
        say.labelled(scene.text("ideation.going_on"), going_on, scene.language),
        scene.text("ideation.note"),
    ]


def _round(id_: str, lead: Callable[[Scene, str], str]) -> Question:
    return Question(
        step=STEP,
        id=id_,
        serves="clusters",
        take=wall.taking(id_),
        known=lambda scene, topic: scene.answered(id_),
        lead=lead,
    )


SCRIPT = Script(
    step=STEP,
    needs=("reframe",),
    greet=_greet,
    questions=(
        Question(
            step=STEP,
            id="asked",
            serves="reframed_hmw",
            take=_take_asked,
            known=lambda scene, topic: (
                bool(scene.fields.get("reframed_hmw"))
                or any(
                    each.get("selected") for each in scene.upstream("reframe", "hmw_statements", [])
                )
            ),
        ),
        _round("mind-mapping", _lead_mind_map),
        _round("crazy-eights", _count),
        _round("brain-writing", _count),
        Question(
            step=STEP,
            id="wild",
            serves="clusters",
            take=wall.taking("team", wild=True),
            known=lambda scene, topic: (
                any(idea.get("is_wild_card") for idea in wall.ideas(scene.fields))
                or scene.answered("wild")
            ),
        ),
        Question(
            step=STEP,
            id="more",
            serves="clusters",
            take=wall.taking("team"),
            known=lambda scene, topic: len(distinct(wall.all_titles(scene))) >= ENOUGH_IDEAS,
            lead=_count,
        ),
        Question(
            step=STEP,
            id="favourites",
            serves="selected_idea_titles",
            take=_take_favourites,
            known=lambda scene, topic: (
                bool(rows(scene.fields, "selected_idea_titles")) or len(_favourites(scene)) > 0
            ),
            lead=_lead_board,
            optional=True,
        ),
        Question(
            step=STEP,
            id="select",
            serves="selected_idea_titles",
            take=_take_selection,
            known=lambda scene, topic: bool(rows(scene.fields, "selected_idea_titles")),
            lead=_lead_selection,
        ),
    ),
    compose=_compose,
    show=_show,
    wrap=lambda scene: scene.text(
        "ideation.wrap",
        ideas=scene.text("count.idea", count=len(distinct(wall.all_titles(scene)))),
        selected=_selected(scene),
    ),
    correct=_correct,
    loose=_loose,
    closes=_closes,
)
