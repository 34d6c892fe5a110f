"""Words that are written in more than one way, «ترامب» and «ترمب»: whoever asks for one is answered by all.

The spellings of a word are a class: two words either have all spellings in common or none, so that the law of `clitics` holds.
Source: `data/spellings.tsv`. Names of several words have further spellings, of which `joinings` knows those of «عبد» and «أبو».
"""

from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

from marsad.arabic.letters import normal_form

_FILE = Path(__file__).parent / "data" / "spellings.tsv"
_ARTICLE = "ال"
_KUNYA = ("ابو", "ابي", "ابا")
"""«أبو» in its three cases."""
_JOINED = frozenset(("عبد", *_KUNYA))
"""Words that are often written together with the next one: «عبدالله»، «أبوظبي»."""
_JOINED_PAIRS = frozenset((("نصر", "الله"), ("حزب", "الله"), ("فضل", "الله"), ("خير", "الله"), ("سعد", "الدين")))


@cache
def classes() -> dict[str, tuple[str, ...]]:
    """Every word that is spelled in several ways, in normal form, with all its spellings; the first stands for all."""
    found: dict[str, tuple[str, ...]] = {}
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        stems, endings = ([normal_form(word) for word in part.split()] for part in line.split("\t"))
        for ending in endings:
            for article in ("", _ARTICLE):
                spelled = tuple(article + stem + ending.strip("-") for stem in stems)
                found.update(dict.fromkeys(spelled, spelled))
    return found


def spellings(word: str) -> tuple[str, ...]:
    """All spellings of a word in normal form, itself included; the same tuple for each of them."""
    return classes().get(word) or (word,)


def canonical(word: str) -> str:
    """The one spelling that stands for all of a word's."""
    found = classes().get(word)
    return word if found is None else found[0]


def joinings(name: Sequence[str]) -> set[tuple[str, ...]]:
    """A name with its case of «أبو» changed and «عبد»، «أبو»، «نصر الله» written together or apart, itself included."""
    cased = {tuple(name)}
    if len(name) == 1:
        return cased
    for at, word in enumerate(name[:-1]):
        if word in _KUNYA:
            cased |= {(*one[:at], case, *one[at + 1 :]) for one in cased for case in _KUNYA}
    return cased | {
        (*one[:at], first + second, *one[at + 2 :])
        for one in cased
        for at, (first, second) in enumerate(pairwise(one))
        if first in _JOINED or (first, second) in _JOINED_PAIRS
    }
