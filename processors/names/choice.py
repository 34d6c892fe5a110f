"""Chooses the best of several candidates by what speaks for each: how much of a word is proclitics, which kind a name gives."""

import lzma
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from importlib import resources
from zlib import crc32

import numpy as np

from marsad.annotation import EntityType
from marsad.arabic.clitics import Stem, names
from marsad.arabic.tokens import WORDS_REMEMBERED
from processors.names.features import core
from processors.names.lists import classes, head_kind, list_names

ROWS = 1 << 16
ORGANISATIONS = (
    "government",
    "party",
    "security_force",
    "armed_group",
    "media",
    "company",
    "ngo",
    "igo",
    "judiciary",
    "alliance",
    "other",
)
PLACES = ("place", "state")
_LONGEST = 8
"""Words of a name that its kind is read from."""


class Choice:
    """Weights of features in whole numbers. Threads may share it."""

    def __init__(self, weights: Sequence[int]) -> None:
        self._weights = weights

    def best(self, candidates: Sequence[Iterable[str]]) -> int:
        """The number of the candidate whose features weigh most, of equals the first."""
        sums = [sum(self._weights[row(feature)] for feature in features) for features in candidates]
        return sums.index(max(sums))


def row(feature: str) -> int:
    """Where the weight of a feature stands."""
    return crc32(feature.encode()) % ROWS


def proclitic_features(word: str, type_: EntityType, stem: Stem, others: frozenset[str]) -> list[str]:
    """What speaks for reading a name's first word as that stem; `others` are readings that stand elsewhere in the article."""
    before = word[: stem.skip][-1:]  # «وب» is read as «ب»: before it a conjunction says nothing more
    found = [
        f"{type_} {before}|",
        f"{before}|{stem.text[:2]}",
        f"{before}|{len(stem.text)}",
        f"{type_} |{stem.text}",
        f"{before}| first letters {word[:3]}",
    ]
    found += [f"{type_} {before}| {name}" for name in list_names(classes(stem.text))]
    found += [f"{before}| core {name}" for name in list_names(classes(core(stem.text)))]
    found += [f"{before}| whole {name}" for name in list_names(classes(word))]
    if stem.skip and stem.text in others:
        found.append(f"{before}| elsewhere")
    return found


def kind_features(kind: str, words: Sequence[str]) -> list[str]:
    """What speaks for a name of these words being of that kind."""
    cores = [core(word) for word in words[:_LONGEST]]
    found = [f"{kind}:", f"{kind}: first {cores[0]}", f"{kind}: two {' '.join(cores[:2])}", f"{kind}: last {cores[-1]}"]
    found += [f"{kind}: any {word}" for word in cores]
    found.append(f"{kind}: length {min(len(words), 3)}")
    found += [f"{kind}: {name}" for name in list_names(classes(words[0]))]
    found.append(f"{kind}: head {head_kind(words)}")
    return found


@cache
def choice() -> Choice:
    """The weights that ship with marsad."""
    packed = resources.files("processors.names").joinpath("choices.bin").read_bytes()
    return Choice(np.frombuffer(lzma.decompress(packed), dtype="<i2").tolist())


@lru_cache(WORDS_REMEMBERED)
def proclitics(word: str, type_: EntityType, others: frozenset[str]) -> Stem:
    """How the first word of a name is read: «بحلب» as «حلب» behind one letter, «بيروت» as it stands.

    `others` are those of its readings that stand elsewhere in the article.
    """
    candidates = names(word)
    if len(candidates) == 1:
        return candidates[0]
    return candidates[choice().best([proclitic_features(word, type_, stem, others) for stem in candidates])]


@lru_cache(WORDS_REMEMBERED)
def kind_of(type_: EntityType, words: tuple[str, ...]) -> str:
    """The kind of a name, by its words."""
    if type_ == "PER":
        return "person"
    kinds = ORGANISATIONS if type_ == "ORG" else PLACES
    return kinds[choice().best([kind_features(kind, words) for kind in kinds])]
