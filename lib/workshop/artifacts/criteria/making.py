"""The criteria of the steps that make: ideas, concepts, and the look back."""

from collections.abc import Iterator, Mapping

from lib.workshop.artifacts.criteria import grounding
from lib.workshop.artifacts.criteria.evidence import is_synthetic
from lib.workshop.artifacts.criteria.gap import (
    Criteria,
    Gap,
    Upstream,
    entries,
    heard,
    shown,
    texts,
)
from lib.workshop.artifacts.criteria.matching import (
    distinct,
    folded,
    overlap,
    same,
    traced,
    words,
)
from lib.workshop.records import Fields
from lib.workshop.steps import STEPS, Step

#: Different ideas before choosing.
ENOUGH_IDEAS = 15


def ideas(fields: Fields, upstream: Upstream) -> list[Gap]:
    """Fifteen or more different ideas, in three or four clusters, wild cards among them."""
    return [*_clusters(fields), *_question(fields, upstream)]


def _clusters(fields: Fields) -> Iterator[Gap]:
    clusters = entries(fields, "clusters")
    collected = [idea for cluster in clusters for idea in entries(cluster, "ideas")]
    titles = distinct(idea["title"] for idea in collected if idea.get("title"))
    if clusters and len(titles) < ENOUGH_IDEAS:
        yield Gap(
            "clusters",
            f"Ideas: {len(titles)} different ones so far. "
            f"Add {ENOUGH_IDEAS - len(titles)} more, rough ones are welcome.",
            code="ideas-few",
            values={"count": len(titles), "more": ENOUGH_IDEAS - len(titles)},
        )
    if clusters and not 3 <= len(clusters) <= 4:
        yield Gap(
            "clusters",
            f"Clusters: {len(clusters)} so far. Split or merge them until there are three or four.",
            code="clusters-count",
            values={"count": len(clusters)},
        )
    if collected and not any(idea.get("is_wild_card") for idea in collected):
        yield Gap(
            "clusters",
            "No wild card yet: mark or add an idea that sounds impossible.",
            code="no-wild-card",
        )


def _question(fields: Fields, upstream: Upstream) -> Iterator[Gap]:
    questions = entries(upstream.get("reframe", {}), "hmw_statements")
    chosen = [each["full_statement"] for each in questions if each.get("selected")]
    asked = fields.get("reframed_hmw", "")
    if chosen and asked and not traced(asked, chosen):
        yield Gap(
            "reframed_hmw",
            f"The question: it is not one you selected when reframing. Take {shown(chosen[:1])}.",
            code="question-not-selected",
            values={"words": chosen[:1]},
        )


def concepts(fields: Fields, upstream: Upstream) -> list[Gap]:
    """A sheet for each selected idea; SWOT and ratings that cite evidence."""
    sheets = entries(fields, "concepts")
    return [
        *_sheets(sheets, upstream),
        *(gap for sheet in sheets for gap in _sheet(sheet, upstream)),
    ]


def _sheets(sheets: list[Fields], upstream: Upstream) -> Iterator[Gap]:
    selected = entries(upstream.get("ideation", {}), "selected_idea_titles")
    sources = [sheet.get("idea_source", "") for sheet in sheets]
    named = [title for title in selected if any(same(title, source) for source in sources)]
    others = [each for each in sources if each and not any(same(each, title) for title in named)]
    for title in (each for each in selected if each not in named):
        if sheets and not traced(title, others):
            yield Gap(
                "concepts",
                f"No sheet is made from the selected idea {shown([title])}. Add one.",
                code="sheet-missing",
                values={"words": [title]},
            )
    for source in others:
        if selected and not traced(source, selected):
            yield Gap(
                "concepts",
                f"{shown([source])} is not a selected idea. Choose one of {shown(selected, 4)}.",
                code="sheet-stranger",
                values={"words": [source], "ideas": selected},
            )


def _sheet(sheet: Fields, upstream: Upstream) -> Iterator[Gap]:
    name = sheet.get("name") or sheet.get("idea_source") or "This concept"
    swot, ratings = sheet.get("swot", {}), sheet.get("feasibility", {})
    for kind in ("strengths", "weaknesses", "opportunities", "threats"):
        listed = entries(swot, kind)
        if len(distinct(listed)) < len(listed):
            yield Gap(
                "concepts",
                f"{name}: two {kind} are the same. Replace one of them.",
                code="swot-twice",
                values={
                    "name": sheet.get("name") or sheet.get("idea_source") or "",
                    "section": kind,
                },
            )
    reasons = [text for text in texts(ratings, *_REASONS) if folded(text)]
    thin = [text for text in reasons if len(words(text)) < 2 and text.isascii()]
    if thin or len(distinct(reasons)) < len(reasons):
        yield Gap(
            "concepts",
            f"{name}: give each rating a reason of its own, in a few words about what you know.",
            code="ratings-reason",
            values={"name": sheet.get("name") or sheet.get("idea_source") or ""},
        )
    cited = [*reasons, *texts(swot, "strengths", "weaknesses", "opportunities", "threats")]
    evidence = _evidence(upstream)
    if cited and evidence and not any(grounding.grounded(cited, evidence)):
        yield Gap(
            "concepts",
            f"{name}: neither SWOT nor ratings refer to your research. "
            f"Name a pain or gain, such as {shown(evidence[:1])}.",
            code="concept-evidence",
            values={
                "name": sheet.get("name") or sheet.get("idea_source") or "",
                "words": evidence[:1],
            },
        )


_REASONS = ("technical_rationale", "business_rationale", "user_desirability_rationale")


def _evidence(upstream: Upstream) -> list[str]:
    dip = texts(upstream.get("journey-mapping", {}), "dip_summary", "dip_rationale")
    return [*texts(upstream.get("sense-making", {}), "pains", "gains"), *dip, *heard(upstream)]


def synthesis(fields: Fields, upstream: Upstream) -> list[Gap]:
    """Covers steps 1 to 9; an honest confidence; next steps somebody can take."""
    return [*_covered(fields), *_confidence(fields, upstream), *_ahead(fields)]


def _covered(fields: Fields) -> Iterator[Gap]:
    named = [each.get("step", "") for each in entries(fields, "step_summaries")]
    lost = [step.name for step in STEPS[:-1] if not any(_means(each, step) for each in named)]
    if named and lost:
        yield Gap(
            "step_summaries",
            f"Step by step: {shown(lost, len(STEPS))} is not covered. Add its result.",
            code="steps-uncovered",
            values={"steps": [each.slug for each in STEPS if each.name in lost]},
        )


def _means(text: str, step: Step) -> bool:
    told = folded(text).split()
    return (
        str(step.number) in told
        or any(same(text, each) for each in (step.slug, step.name))
        or overlap(text, step.name) == 1
    )


def _confidence(fields: Fields, upstream: Upstream) -> Iterator[Gap]:
    confidence = fields.get("confidence", {})
    quality, score = confidence.get("research_quality"), confidence.get("score") or 0
    insights = entries(upstream.get("user-research", {}), "insights")
    sources = [each["source"] for each in insights if each.get("source")]
    if sources and all(map(is_synthetic, sources)) and quality in ("moderate", "strong"):
        yield Gap(
            "confidence",
            "Confidence: every interview was synthetic, so the research is thin. Set it to thin.",
            code="confidence-synthetic",
        )
    if quality == "thin" and score >= 8:
        yield Gap(
            "confidence",
            f"Confidence: {score} out of 10 on thin research is too high. "
            "Lower the score, or add real interviews in User Research.",
            code="confidence-high",
            values={"score": score},
        )
    reason = confidence.get("rationale", "")
    if reason and reason.isascii() and len(words(reason)) < 3:
        yield Gap(
            "confidence",
            "Confidence: say in a sentence what the score rests on.",
            code="confidence-reason",
        )


def _ahead(fields: Fields) -> Iterator[Gap]:
    steps_ahead = entries(fields, "next_steps")
    vague = [each for each in steps_ahead if len(words(each)) < 3 and each.isascii()]
    if vague:
        yield Gap(
            "next_steps",
            f"Next steps: {shown(vague)} is vague. Say who does what, by when.",
            code="next-vague",
            values={"words": vague},
        )
    if len(distinct(steps_ahead)) < len(steps_ahead):
        yield Gap(
            "next_steps", "Next steps: one of them is there twice. Replace it.", code="next-twice"
        )


#: The criteria of each of these steps, by slug.
RULES: Mapping[str, Criteria] = {
    "ideation": ideas,
    "concept": concepts,
    "validate": synthesis,
}
