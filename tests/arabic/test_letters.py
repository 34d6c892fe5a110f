"""The normal form of characters: camel-tools' maps, and where ours differ on purpose."""

import sys
import unicodedata

import pytest
from camel_tools.utils.charmap import CharMapper
from camel_tools.utils.normalize import normalize_alef_ar, normalize_alef_maksura_ar, normalize_teh_marbuta_ar
from hypothesis import given
from hypothesis import strategies as st

from marsad.arabic.letters import (
    ARABIC_BLOCKS,
    DROPPED,
    RULES,
    VERSION,
    _version,
    normal,
    normal_form,
    rules_of,
)
from marsad.arabic.tokens import terms
from marsad.article import digest

ARCLEAN = CharMapper.builtin_mapper("arclean")
OWN = {"ؤ", "ئ", "ە", "ٶ", "ٷ", "ٸ", "ۓ"}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("أإآٱا", "ااااا"),
        ("موسى فتاة", "موسي فتاه"),
        ("مسؤول هيئة شيء", "مسوول هييه شيء"),
        ("داعـــش", "داعش"),
        ("العَرَبِيَّةُ", "العربيه"),
        ("ﺩﺍﻋﺶ ﻻ ﷲ", "داعش لا الله"),
        ("گرد پژوهش کیهان", "كرد بزوهش كيهان"),
        ("١٢٣ ۴۵۶ 789", "123 456 789"),
        ("\u200fداعش\u200f\u200e", "داعش"),
        ("ISIS Ünal É", "isis ünal é"),
        ("«قسد»، (2024)؟", "«قسد»، (2024)؟"),
    ],
)
def test_normal_form(written: str, expected: str) -> None:
    assert normal_form(written) == expected


def test_arabic_letters_follow_camel_tools_but_for_our_own_rules() -> None:
    for first, last in ARABIC_BLOCKS:
        for char in map(chr, range(first, last + 1)):
            cleaned = ARCLEAN(char)
            if char in DROPPED or char in OWN or not cleaned.isalnum():
                continue
            folded = normalize_teh_marbuta_ar(normalize_alef_maksura_ar(normalize_alef_ar(cleaned)))
            assert normal(char) == folded.replace("ؤ", "و").replace("ئ", "ي"), hex(ord(char))


def test_every_character_becomes_letters_or_digits_or_nothing_or_stays() -> None:
    for char in map(chr, range(sys.maxunicode + 1)):
        form = normal(char)
        assert form in ("", char) or form.isalnum(), hex(ord(char))


PINNED = {1: "19c46ffdffb70d7311783f108bfa334c"}
"""For each number of RULES a digest of what they say of characters that every Python knows."""


def test_other_rules_have_another_number() -> None:
    known = unicodedata.ucd_3_2_0.category
    blocks = ((0x20, 0x17F), *ARABIC_BLOCKS)
    chars = [chr(code) for first, last in blocks for code in range(first, last + 1) if known(chr(code)) != "Cn"]
    cut = terms("#داعش_في_سيناء 2014م «قــسد»، و\u200cحماس " + " ".join(f"ا{char}ب1{char}2" for char in chars))
    said = digest("\n".join([*map(normal, chars), *cut]))
    assert said == PINNED[RULES], (
        "the normal form has changed: raise letters.RULES, and pin the digest of the new rules"
    )


@pytest.mark.parametrize("unicode", ["14.0.0", "15.0.0", "15.1.0", "16.0.0", "17.0.0"])
def test_the_version_tells_rules_and_unicode_apart(unicode: str) -> None:
    others = {_version(rules, other) for rules in (1, 2) for other in ("14.1.0", "15.2.0", unicode)}
    assert len(others) == 6
    assert rules_of(_version(RULES, unicode)) == RULES
    assert rules_of(1) == 0, "stores of before had the bare number"


def test_the_version_is_that_of_this_python() -> None:
    assert _version(RULES, unicodedata.unidata_version) == VERSION


@given(st.text())
def test_normal_form_is_idempotent(text: str) -> None:
    assert normal_form(normal_form(text)) == normal_form(text)


@given(st.text(alphabet=st.characters(min_codepoint=0x600, max_codepoint=0x6FF)))
def test_composed_and_decomposed_spellings_are_equal(text: str) -> None:
    composed = unicodedata.normalize("NFC", text)
    assert normal_form(unicodedata.normalize("NFC", composed)) == normal_form(composed)
    for seat, letter in (("ا", "أ"), ("ا", "إ"), ("ا", "آ")):
        assert normal_form(unicodedata.normalize("NFD", letter)) == seat
