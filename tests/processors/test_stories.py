"""Which texts are copies of one report, and a stream of articles grouped in memory."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marsad.annotation import Membership
from processors.stories import (
    BEARERS,
    SKETCH,
    WINDOW_MS,
    Fingerprint,
    Known,
    StoryData,
    StoryStream,
    decide,
    fingerprint,
    similarity,
    story_data,
)
from tests.processors.reports import BOILERPLATE, LEAD, OTHER, REPORT
from tests.samples import article

words = st.sampled_from([f"كلمة{letter}" for letter in "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"])
texts = st.lists(words, max_size=80).map(" ".join)


@pytest.mark.parametrize(
    "copy",
    [
        REPORT,
        LEAD + REPORT + "\n" + BOILERPLATE,
        REPORT[: len(REPORT) // 2],
        LEAD + REPORT[: len(REPORT) * 2 // 3],
        REPORT.replace("الأسبوع", "الاسبوع").replace("ة", "ه").replace("إن", "ان"),
        REPORT + " " + OTHER,
        REPORT.replace("فجر الاثنين", "فجر اليوم"),
    ],
)
def test_copies_with_a_lead_in_a_cut_end_or_another_spelling_are_alike(copy: str) -> None:
    assert similarity(fingerprint(REPORT), fingerprint(copy)) >= 0.85


@pytest.mark.parametrize("other", [OTHER, BOILERPLATE, LEAD + OTHER + BOILERPLATE])
def test_two_reports_with_the_same_boilerplate_are_not(other: str) -> None:
    assert similarity(fingerprint(LEAD + REPORT + BOILERPLATE), fingerprint(LEAD + other + BOILERPLATE)) < 0.6 or (
        other == BOILERPLATE
    )


def test_texts_of_a_few_words_are_alike_only_when_equal_in_normal_form() -> None:
    short = fingerprint("التفاصيل بعد قليل على الشاشة")
    assert similarity(short, fingerprint("التفاصيل  بعد قليل، على الشاشه")) == 1
    assert similarity(short, fingerprint("التفاصيل بعد قليل على الهواء")) == 0
    assert similarity(short, fingerprint("التفاصيل بعد قليل على الشاشة " + REPORT)) == 0


def test_a_fingerprint_is_the_same_on_every_machine() -> None:
    assert fingerprint("عاجل").hashes == (-6387049707750766378,)
    assert fingerprint("").short


def test_an_article_without_text_is_known_by_its_title() -> None:
    assert story_data(article(" \n", title="عنوان الخبر")).fingerprint == fingerprint("عنوان الخبر")


@settings(deadline=None)
@given(texts, texts)
def test_similarity_is_symmetric_and_lies_between_none_and_all(one: str, other: str) -> None:
    first, second = fingerprint(one), fingerprint(other)
    assert similarity(first, second) == similarity(second, first)
    assert 0 <= similarity(first, second) <= 1
    assert similarity(first, first) == 1
    assert Fingerprint.unpack(first.pack()) == first


def test_long_texts_are_compared_by_the_hashes_that_both_kept() -> None:
    long = " ".join(f"كلمة رقم {number} من النص" for number in range(2000))
    part = " ".join(f"كلمة رقم {number} من النص" for number in range(1000, 2000))
    assert fingerprint(long).cut
    assert len(fingerprint(long).hashes) == SKETCH
    assert similarity(fingerprint(long), fingerprint(part)) > 0.9
    assert similarity(fingerprint(long), fingerprint(OTHER)) == 0


def data(name: str, text: str, *, version: int = 1, time: int = 0) -> StoryData:
    return StoryData(name, version, time, fingerprint(text))


def test_the_most_similar_candidate_gives_the_story_and_of_equals_the_first() -> None:
    candidates = [
        Known("a", "s1", fingerprint(REPORT[: len(REPORT) // 2] + OTHER)),
        Known("b", "s2", fingerprint(REPORT)),
        Known("c", "s3", fingerprint(REPORT)),
    ]
    assert decide(data("new", REPORT), candidates, 0.6) == Membership(
        story="s2", relation="joined", nearest="b", similarity=1.0
    )
    assert decide(data("new", OTHER + "كلمات أخرى"), candidates[1:], 0.6) == Membership(story="new", relation="new")


def test_the_threshold_is_what_it_is_told() -> None:
    near = fingerprint(REPORT[: len(REPORT) // 2] + OTHER)
    share = similarity(near, fingerprint(REPORT))
    known = [Known("a", "s1", fingerprint(REPORT))]
    assert decide(StoryData("n", 1, 0, near), known, share).relation == "joined"
    assert decide(StoryData("n", 1, 0, near), known, share + 0.01).relation == "new"


def test_a_stream_joins_copies_within_the_window_and_not_beyond() -> None:
    stream = StoryStream()
    relations = [
        stream.add(data("a", REPORT)),
        stream.add(data("b", OTHER, time=1)),
        stream.add(data("c", LEAD + REPORT, time=WINDOW_MS)),
        stream.add(data("d", REPORT, time=2 * WINDOW_MS + 1)),
    ]
    assert [it and (it.story, it.relation) for it in relations] == [
        ("a", "new"),
        ("b", "new"),
        ("a", "joined"),
        ("d", "new"),
    ]


def test_a_newer_version_stays_in_its_story_and_an_older_one_says_nothing() -> None:
    stream = StoryStream()
    stream.add(data("a", REPORT, version=5))
    assert stream.add(data("a", OTHER, version=6)) == Membership(story="a", relation="edit")
    assert stream.add(data("a", REPORT, version=6)) is None
    assert stream.add(data("a", REPORT, version=4)) is None
    joined = stream.add(data("b", OTHER))
    assert joined is not None
    assert joined.story == "a"
    unlike = stream.add(data("c", REPORT))
    assert unlike is not None
    assert unlike.relation == "new"


def test_a_copy_is_found_behind_more_articles_with_the_same_closing_line_than_are_looked_at() -> None:
    stream = StoryStream()
    stream.add(data("first", REPORT + BOILERPLATE))
    for number in range(BEARERS + 50):
        relation = stream.add(data(str(number), " ".join(f"كلمة{number} رقم{at}" for at in range(30)) + BOILERPLATE))
        assert relation is not None
    joined = stream.add(data("copy", LEAD + REPORT + BOILERPLATE))
    assert joined is not None
    assert joined.story == "first"
