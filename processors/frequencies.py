"""How often Arabic words occur, and the stem of a word that this lets one find; source and licence are at the top of the tables.

`python -m processors.frequencies` makes the table of stems anew from that of words.
"""

import gzip
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Final

from marsad.arabic.clitics import ARTICLE
from marsad.arabic.tokens import WORDS_REMEMBERED

WORDS: Final = "frequencies.tsv.gz"
STEMS: Final = "stems.tsv.gz"
RARE_STEM: Final = 1_000.0
"""Stems of fewer occurrences in a billion words are left out: they are as rare as a word can count."""
_BEFORE_ARTICLE: Final = ("و", "ف", "ب", "ك")
_PARTICLES: Final = ("و", "ف", "ب", "ل", "ك", "س")
_ENDINGS: Final = ("هما", "هم", "ها", "ان", "ات", "ون", "ين", "يه", "يا", "وا", "ه", "ي", "ا", "ت")
SHORTEST: Final = 3
"""Letters that a stem keeps at least."""
PARTICLE_ODDS: Final = 2.0
"""A first letter is a particle where the rest is this many times as frequent as the whole."""


class Frequencies:
    """Word frequencies; nothing changes after it is built."""

    def __init__(self, words: Mapping[str, float], stems: Mapping[str, float]) -> None:
        self._words = words
        self._stems = stems
        self.stem = lru_cache(WORDS_REMEMBERED)(self._stem)

    def of(self, stem: str) -> float:
        """Occurrences of all words with that stem in a billion words; 0 where it is rare."""
        return self._stems.get(stem, 0.0)

    def _stem(self, word: str) -> str:
        """The word without article, particles and the commonest ending: rough on purpose, and the same for each spelling."""
        if not word[:1].isalpha():
            return word
        word = self._without_particles(word)
        for ending in _ENDINGS:
            if word.endswith(ending) and len(word) - len(ending) >= SHORTEST:
                return word[: -len(ending)]
        return word

    def _without_particles(self, word: str) -> str:
        for start in (ARTICLE, *(particle + ARTICLE for particle in _BEFORE_ARTICLE), "ولل", "لل"):
            if word.startswith(start) and len(word) - len(start) >= SHORTEST:
                return word[len(start) :]
        if word.startswith(_PARTICLES) and len(word) > SHORTEST:
            rest = self._words.get(word[1:], 0.0)
            if rest > PARTICLE_ODDS * self._words.get(word, 0.0):
                return word[1:]
        return word


@lru_cache(maxsize=1)
def frequencies() -> Frequencies:
    """The frequencies that ship with marsad."""
    return Frequencies(dict(_rows(WORDS, 10)), dict(_rows(STEMS, 100)))


def count_stems() -> dict[str, float]:
    """How often the stems of all words of the table occur in a billion words, those that are not rare."""
    words = dict(_rows(WORDS, 10))
    reader = Frequencies(words, {})
    stems: defaultdict[str, float] = defaultdict(float)
    for word, count in words.items():
        stems[reader.stem(word)] += count
    return {stem: count for stem, count in stems.items() if count >= RARE_STEM}


def _rows(table: str, scale: int) -> Iterable[tuple[str, float]]:
    data = resources.files("processors").joinpath(table).read_bytes()
    for line in gzip.decompress(data).decode().splitlines():
        if not line.startswith("#"):
            word, logarithm = line.split("\t")
            yield word, math.pow(10, int(logarithm) / scale)


def write_stems(path: Path) -> None:
    """Write the table of stems."""
    head = (
        "# How often Arabic stems occur: stem as processors/frequencies.py finds it, then a hundred times the zipf value\n"
        "# (the decimal logarithm of occurrences in 10^9 words). Made from frequencies.tsv.gz, 2026-11-28, by\n"
        "# python -m processors.frequencies. Derived from wordfreq (CC BY-SA 4.0); under CC BY-SA 4.0 as well:\n"
        "# https://creativecommons.org/licenses/by-sa/4.0/\n"
    )
    rows = sorted(count_stems().items())
    lines = "".join(f"{stem}\t{round(100 * math.log10(count))}\n" for stem, count in rows)
    path.write_bytes(gzip.compress((head + lines).encode(), 9, mtime=0))


if __name__ == "__main__":
    write_stems(Path(__file__).with_name(STEMS))
