"""The analyzers of the indices, generated from the tables of `marsad.arabic`.

`WORDS` gives Elasticsearch the very tokens of `marsad.arabic.tokens`, at the same positions and places: a `mapping` char filter
that is the table of the normal form, and one regular expression that cuts what comes out of it. There is no `lowercase` filter:
Java's small letters are not always Python's, and the table has them. One difference is known: the ten letters whose normal
form is nothing (high hamza, ligatures of vowel signs) part two numbers in Python, «1ٴ2», and join them here.

`READING` is for people who type into Kibana, where nobody lists written forms: each word also counts without what is attached in
front, without its article, and without the endings of «الداعشي» and «داعشيون», in one spelling of several. What is typed
(`ASKING`) loses its article only, since nothing else of it can be told from the word itself.
"""

import sys
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import groupby
from typing import Any

from marsad.arabic.clitics import ARTICLE, PROCLITICS, SHORTEST_STEM
from marsad.arabic.letters import DROPPED, normal
from marsad.arabic.spellings import classes as spelling_classes

WORDS, READING, ASKING = "marsad_words", "marsad_reading", "marsad_asking"
"""The names of the analyzers."""
LONGEST = 10_000
"""UTF-16 units of a token that are indexed, since Lucene refuses a document with a term over 32,766 bytes; no query is as long."""

_LETTERS, _LONGEST, _SPELLINGS = "marsad_letters", "marsad_longest", "marsad_spellings"
_FRONT, _ARTICLE = "marsad_front", "marsad_article"
_CUT = r"[\p{L}\p{Nl}\p{No}]+|[0-9]+"  # what Python's [^\W\d_] takes in; the table has made all digits 0 to 9
_STEM = rf"(\p{{L}}{{{SHORTEST_STEM + 1},}})"
_ENDING = ("ي", "ين|ون|ه")
"""What makes «داعشي» of «داعش», and «داعشيون» and «داعشية» of that."""
_SURROGATES = range(0xD800, 0xE000)


def analysis() -> dict[str, Any]:
    """The `analysis` section of an index's settings."""
    return {
        "char_filter": {_LETTERS: {"type": "mapping", "mappings": letter_rules()}},
        "tokenizer": {WORDS: {"type": "pattern", "pattern": _CUT, "group": 0}},
        "filter": {
            _LONGEST: {"type": "truncate", "length": LONGEST},
            _FRONT: {"type": "pattern_capture", "preserve_original": True, "patterns": front_patterns()},
            _ARTICLE: {"type": "pattern_capture", "preserve_original": True, "patterns": [f"^{ARTICLE}{_STEM}$"]},
            _SPELLINGS: {"type": "stemmer_override", "rules": spelling_rules()},
        },
        "analyzer": {
            WORDS: _analyzer(_LONGEST),
            READING: _analyzer(_LONGEST, _FRONT, _SPELLINGS),
            ASKING: _analyzer(_LONGEST, _ARTICLE, _SPELLINGS),
        },
    }


def _analyzer(*filters: str) -> Mapping[str, Any]:
    return {"type": "custom", "char_filter": [_LETTERS], "tokenizer": WORDS, "filter": list(filters)}


@cache
def letter_rules() -> Sequence[str]:
    """The table of the normal form as rules of a `mapping` char filter: every letter, digit and mark that it changes."""
    changed = ((char, form) for char in _characters() if (form := normal(char)) != char)
    return tuple(f"{_escaped(char)} => {''.join(map(_escaped, form))}" for char, form in changed)


def _characters() -> list[str]:
    """What the table is about: of anything else no token has a part, whatever its normal form may be."""
    everything = (chr(code) for code in range(sys.maxunicode + 1) if code not in _SURROGATES)
    return [char for char in everything if char in DROPPED or (char.isalnum() and char != "_")]


def _escaped(char: str) -> str:
    """A character as a rule may have it: blanks and invisible ones would be trimmed or lost."""
    if char.isalnum() and char not in DROPPED:
        return char
    return f"\\u{ord(char):04x}"


def front_patterns() -> list[str]:
    """What a word of a text is found under beside itself: all that the patterns capture."""
    attached = sorted(proclitic for proclitic in PROCLITICS if proclitic)
    by_length = ["|".join(group) for _, group in groupby(sorted(attached, key=len), key=len)]
    article = f"(?:{'|'.join(attached)})?{ARTICLE}|(?:{'|'.join(one for one in attached if one.endswith('ل'))})ل"
    ending = f"{_ENDING[0]}(?:{_ENDING[1]})?"
    # One pattern for each length: of «وبوكو» both «بوكو» and «وكو» may be meant.
    return [
        *(f"^(?:{some}){_STEM}$" for some in by_length),
        f"^(?:{article}){_STEM}$",
        # What is looked for ahead spares the words that end otherwise, nearly all, the search for where they might begin.
        rf"^(?=\p{{L}}*{ending}$)(?:{article}|{'|'.join(attached)})?({_STEM}{_ENDING[0]})(?:{_ENDING[1]})?$",
    ]


def spelling_rules() -> list[str]:
    """Words with several spellings, each to the one that stands for all."""
    return [f"{word} => {spelled[0]}" for word, spelled in sorted(spelling_classes().items()) if word != spelled[0]]
