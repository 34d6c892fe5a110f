"""Which texts are copies of one report."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marsad.arabic.tokens import terms
from processors.fingerprint import SKETCH, Fingerprint, similarity
from processors.fingerprint import fingerprint as of_words
from tests.processors.reports import BOILERPLATE, LEAD, OTHER, REPORT

words = st.sampled_from([f"كلمة{letter}" for letter in "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"])
texts = st.lists(words, max_size=80).map(" ".join)


def fingerprint(text: str) -> Fingerprint:
    return of_words(terms(text))


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
