"""Which lists a word stands on: names of persons and places, titles, first words of organisations, usual words."""

import gzip
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib import resources

from processors.tables import forms, rows

_LETTERS = "gGsSpqicdfF"
CLASS_NAMES = (*_LETTERS, "title", "place_noun", "speech", "head", "place_head")


_USUAL = sum(1 << CLASS_NAMES.index(letter) for letter in "fF")
_LONGEST_HEAD = 4


@cache
def _masks() -> dict[str, int]:
    """Every listed word with a bit for each of CLASS_NAMES that it stands on."""
    found: dict[str, int] = {}
    bits = {letter: 1 << number for number, letter in enumerate(_LETTERS)}
    for file in ("words.tsv.gz", "common.tsv.gz"):
        text = gzip.decompress(resources.files("processors.names").joinpath(file).read_bytes()).decode()
        for line in text.splitlines():
            if not line.startswith("#"):
                word, letters = line.split("\t")
                found[word] = found.get(word, 0) | sum(bits[letter] for letter in letters)
    for name, words in rows("processors.names", "titles.tsv"):
        _mark(found, forms(words), name)
    for kind, words in rows("processors.names", "heads.tsv"):
        _mark(found, forms(words), "place_head" if kind == "place" else "head")
    return found


def _mark(found: dict[str, int], words: list[str], name: str) -> None:
    bit = 1 << CLASS_NAMES.index(name)
    for word in words:
        first = word.split(" ")[0]
        found[first] = found.get(first, 0) | bit


def classes(word: str) -> int:
    """A bit for each of CLASS_NAMES."""
    return _masks().get(word, 0)


@lru_cache(maxsize=4096)
def list_names(mask: int) -> tuple[str, ...]:
    """The names of the classes in a mask."""
    return tuple(name for bit, name in enumerate(CLASS_NAMES) if mask >> bit & 1)


@cache
def _heads() -> dict[str, str]:
    """First words of names, one or several joined by a blank, with the kind that they give."""
    return {word: kind for kind, words in rows("processors.names", "heads.tsv") for word in forms(words)}


def head_kind(words: Sequence[str]) -> str | None:
    """The kind that the first words of a name give, the longest that are listed."""
    for length in range(min(len(words), _LONGEST_HEAD), 0, -1):
        kind = _heads().get(" ".join(words[:length]))
        if kind is not None:
            return kind
    return None


def is_usual(word: str) -> bool:
    """Whether the word is a usual one of the language, so that it names nothing by itself."""
    return bool(classes(word) & _USUAL)
