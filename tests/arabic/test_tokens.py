"""Tokens with their places in the original text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marsad.arabic.letters import FORMATS, normal_form
from marsad.arabic.tokens import offset_in, terms, tokenize

ARABIC_TEXT = st.text(
    alphabet=st.sampled_from("ادعشوبلكفقسةىأإؤئءنم \u064e\u0651\u0640\u200f\u200e\u200cﻻﺩﷲ12٣«»-_.،aB\n"), max_size=60
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("قتل ثلاثة من داعش", ["قتل", "ثلاثه", "من", "داعش"]),
        ("#داعش_في_سيناء", ["داعش", "في", "سيناء"]),
        ("داعش2014", ["داعش", "2014"]),
        ('لـ"داعش"', ["ل", "داعش"]),
        ("COVID-19 ‏كوفيد‏", ["covid", "19", "كوفيد"]),
        ("٢٠٢٤/١/٥", ["2024", "1", "5"]),
        ("", []),
        (" ،؟!ـــ\u064e ", []),
    ],
)
def test_terms(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


@pytest.mark.parametrize(
    ("text", "surfaces"),
    [
        ("داعـــش قويَ", ["داعـــش", "قويَ"]),
        ("\u200fداعش\u200f قسد\u200e،", ["داعش", "قسد"]),
        ("ـداعش", ["داعش"]),
        ("دا\u200cعش", ["دا\u200cعش"]),
        ("وَداعِشُ", ["وَداعِشُ"]),
    ],
)
def test_a_surface_keeps_its_marks_and_loses_invisible_characters_at_its_edges(text: str, surfaces: list[str]) -> None:
    assert [text[token.start : token.end] for token in tokenize(text)] == surfaces


@given(ARABIC_TEXT)
def test_every_token_is_the_normal_form_of_its_span(text: str) -> None:
    end = 0
    for token in tokenize(text):
        assert token.start >= end
        end = token.end
        surface = text[token.start : token.end]
        assert normal_form(surface) == token.text
        assert token.text.isalnum()
        assert surface[-1] not in FORMATS
        assert normal_form(surface[0])


@given(st.text())
def test_any_text_can_be_tokenized_and_its_terms_tokenize_to_themselves(text: str) -> None:
    found = terms(text)
    assert terms(" ".join(found)) == found


@pytest.mark.parametrize(
    ("text", "skip", "rest"),
    [
        ("بداعش", 1, "داعش"),
        ("وَبِداعش", 2, "داعش"),
        ("وـداعش", 1, "داعش"),
        ("للقاعدة", 1, "لقاعدة"),
        ("ﻻدلب", 1, "ﻻدلب"),
    ],
)
def test_the_offset_inside_a_token_counts_letters_and_passes_marks(text: str, skip: int, rest: str) -> None:
    (token,) = tokenize(text)
    at = offset_in(text, token, skip)
    assert text[at:] == rest or (text == "ﻻدلب" and text[at:] == "دلب")


@given(ARABIC_TEXT | st.text(alphabet="داعشـَُ اﷲﷺﻻabÉ1_-٢", max_size=20) | st.text(max_size=200))
def test_terms_are_those_of_the_tokens_however_the_text_is_cut(text: str) -> None:
    assert terms(text) == [token.text for token in tokenize(text)]
