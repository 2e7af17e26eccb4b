"""Answers about a concept are read in the shapes and scripts people write them in."""

import pytest

from lib.guide.scripted import sheets

INSIDE = ["strengths", "weaknesses"]
RATED = ["technical", "business", "user_desirability"]


@pytest.mark.parametrize(
    ("text", "strengths", "weaknesses"),
    [
        ("Forces : pas cher ; simple. Faiblesses : se perd ; cher", 2, 2),
        ("strengths: رخيص؛ بلا قراءة؛ جميل. weaknesses: ينقطع؛ النسيان", 3, 2),
        ("strengths: 近；有人陪；不用电梯。weaknesses: 王阿姨会累；味道", 3, 2),
        ("Strengths\tWeaknesses\nProof\tPhotos can lie\nNo form\tSlow", 2, 2),
        ("Fortalezas: humana; sencilla. Debilidades: no contestan", 2, 1),
        ("Stärken: billig; schnell. Schwächen: laut; neu; teuer", 2, 3),
    ],
)
def test_sections_are_read_by_their_headings(text: str, strengths: int, weaknesses: int):
    found = sheets.swot(text, INSIDE)
    assert (len(found["strengths"]), len(found["weaknesses"])) == (strengths, weaknesses)
    assert not any(mark in each for listed in found.values() for each in listed for mark in ";:；؛")


@pytest.mark.parametrize(
    ("text", "scores", "reasons"),
    [
        ("technique 5, du carton; business 4, deux euros; désirabilité 5, elle en a", (5, 4, 5), 3),
        ("técnica 4, ya hay receta; negocio 5, nada; deseo 3, Pilar", (4, 5, 3), 3),
        ("5 easy to build, 4 cheap to run, 5 Ines hates naming prices", (5, 4, 5), 3),
        ("4 we need a speaker, 5 costs nothing, 4 they look at the clock", (4, 5, 4), 3),
        ("5/4/3 quack", (5, 4, 3), 0),
        ("5 5 5", (5, 5, 5), 0),
        ("technical 4, one copy; business 4, 300 euros; desirability 5, he asked", (4, 4, 5), 3),
    ],
)
def test_ratings_keep_their_numbers_and_their_reasons(
    text: str, scores: tuple[int, ...], reasons: int
):
    found = sheets.ratings(text, RATED)
    assert tuple(found[name] for name in RATED) == scores
    assert sum(name.endswith("_rationale") for name in found) == reasons
