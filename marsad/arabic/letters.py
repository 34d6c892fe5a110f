"""The normal form of a character: a table, so that Elasticsearch can be given the same one.

Source: camel-tools' `arclean` map (presentation forms, Persian and Urdu letters, digits) followed by its normalisation of
alef, alef maksura and taa marbuta. Ours on top: hamza loses its seat of waw or yaa, marks that `arclean` turns into
blanks inside a word vanish, and letters of other scripts become lower case.

A character becomes one or more letters or digits, nothing (`is_dropped`), or stays as it is. Nothing here looks at
two characters at once.
"""

import unicodedata
from functools import cache

from camel_tools.utils.charmap import CharMapper
from camel_tools.utils.normalize import (
    normalize_alef_ar,
    normalize_alef_maksura_ar,
    normalize_teh_marbuta_ar,
)

RULES = 1
"""Rises when the normal form of any character or the cut of any token changes by what this package says."""
_PER_RULES = 10_000


def _version(rules: int, unicode: str) -> int:
    major, minor, _ = map(int, unicode.split("."))
    return rules * _PER_RULES + major * 100 + minor


def rules_of(version: int) -> int:
    """The RULES of a version: a store of higher ones was made by a newer marsad, one of another Unicode alone was not."""
    return version // _PER_RULES


VERSION = _version(RULES, unicodedata.unidata_version)
"""A store with another version is rebuilt. It has Python's version of Unicode too, since that alone decides what `str` and `re`
take for a letter or a digit, which letter is the small one of another, and what a ligature is made of.
"""

ARABIC_BLOCKS = ((0x0600, 0x06FF), (0x0750, 0x077F), (0x08A0, 0x08FF), (0xFB50, 0xFDFF), (0xFE70, 0xFEFC))
"""Arabic, its supplements and extensions, and its presentation forms."""

MARK_RANGES = (
    (0x0610, 0x061A),  # honorifics
    (0x0640, 0x0640),  # tatweel
    (0x064B, 0x065F),  # vowel signs, shadda, sukun, hamza above and below
    (0x0670, 0x0670),  # dagger alef
    (0x06D6, 0x06DC),  # Quranic annotation
    (0x06DF, 0x06E8),
    (0x06EA, 0x06ED),
    (0x08D3, 0x08E1),
    (0x08E3, 0x08FF),
    (0x0300, 0x036F),  # combining accents of Latin letters
    (0xFE70, 0xFE7F),  # presentation forms of vowel signs
    (0xFE20, 0xFE2F),
)
"""Marks written on a letter: dropped, and part of the surface of the token they stand in."""

FORMAT_RANGES = (
    (0x00AD, 0x00AD),  # soft hyphen
    (0x061C, 0x061C),  # Arabic letter mark
    (0x200B, 0x200F),  # zero-width space, joiners, direction marks
    (0x202A, 0x202E),  # embeddings and overrides
    (0x2060, 0x2064),
    (0x2066, 0x2069),  # isolates
    (0xFE00, 0xFE0F),  # variation selectors
    (0xFEFF, 0xFEFF),  # byte order mark
)
"""Invisible characters: dropped, and never at the edge of a token's surface."""

_OWN = {
    "ؤ": "و",
    "ئ": "ي",
    "ە": "ه",  # arclean drops this letter of Kurdish
    "ٴ": "",
}
_arclean = CharMapper.builtin_mapper("arclean")


def _chars(ranges: tuple[tuple[int, int], ...]) -> frozenset[str]:
    return frozenset(chr(code) for first, last in ranges for code in range(first, last + 1))


MARKS = _chars(MARK_RANGES)
FORMATS = _chars(FORMAT_RANGES)
DROPPED = MARKS | FORMATS


@cache
def normal(char: str) -> str:
    """The normal form of one character: letters or digits, nothing, or the character itself."""
    if char in DROPPED:
        return ""
    code = ord(char)
    if not any(first <= code <= last for first, last in ARABIC_BLOCKS):
        if char.isdecimal():
            return str(unicodedata.decimal(char))
        lower = char.lower()
        return lower if len(lower) == 1 and char.isalpha() else char
    cleaned = _arclean(char)
    if not cleaned.strip() or not cleaned.isalnum():
        # Ligatures and rare letters, which arclean does not know; some stand for marks alone.
        composed = "".join(part for part in unicodedata.normalize("NFKC", char) if part not in DROPPED).strip()
        cleaned = composed if composed.isalnum() or not composed else char
    folded = normalize_teh_marbuta_ar(normalize_alef_maksura_ar(normalize_alef_ar(cleaned)))
    return "".join(_OWN.get(letter, letter) for letter in folded if letter not in DROPPED)


class _Table(dict[int, str]):
    """A table for `str.translate` that fills itself."""

    def __missing__(self, code: int) -> str:
        form = self[code] = normal(chr(code))
        return form


_table = _Table()


def normal_form(text: str) -> str:
    """The text in normal form; offsets are not kept (see `tokens` for a form that keeps them)."""
    return text.translate(_table)
