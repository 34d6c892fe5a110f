"""What the tagger looks at: for each token the ids of its features, equal in training and in use.

A feature is a text, «own:w=حلب», hashed to a row of the weights; rows are shared by features that meet in one, which costs
little where most rows are empty. A word's features depend on the word alone and are kept; what two neighbours say together
is hashed for a whole article at once.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

import numpy as np
import numpy.typing as npt

from marsad.arabic.clitics import names
from marsad.arabic.tokens import WORDS_REMEMBERED
from processors.names.lists import classes, list_names
from processors.reading import CLOSING, OPENING, Gap, Reading

ROWS = 1 << 20
OFFSETS = (-2, -1, 0, 1, 2)
"""Where a word stands as seen from the token that is judged."""
Ids = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint32]
_LONGEST_AFFIX = 4
_LONGEST_WORD = 10
_DEFINITE = ("وال", "بال", "فال", "كال", "ولل", "ال", "لل")


class WordFeatures(NamedTuple):
    """The feature ids of a word for each of OFFSETS, and the hashes by which its neighbours are combined with it."""

    ids: tuple[Ids, ...]
    whole: int
    core: int
    kind: int


@lru_cache(WORDS_REMEMBERED)
def core(word: str) -> str:
    """The word without its article and what is attached before the article: «وللوزير» and «الوزير» are «وزير»."""
    for prefix in _DEFINITE:
        if word.startswith(prefix) and len(word) >= len(prefix) + 2:
            return word[len(prefix) :]
    return word


def _row(text: str) -> int:
    return crc32(text.encode()) % ROWS


def _listed(label: str, mask: int) -> list[str]:
    return [f"{label}={name}" for name in list_names(mask)]


def _own(word: str) -> list[str]:
    found = [
        "bias",
        f"w={word}",
        f"core={core(word)}",
        f"length={min(len(word), _LONGEST_WORD)}",
        f"shape={_shape(word)}",
    ]
    for size in range(1, _LONGEST_AFFIX + 1):
        if len(word) > size:
            found += [f"prefix={word[:size]}", f"suffix={word[-size:]}"]
    if word[-1:] in ("ي", "ه"):
        found.append(f"al={word.startswith('ال')} suffix={word[-2:]}")
    mask = classes(word)
    found += [*_listed("list", mask), f"lists={mask}"]
    for stem in names(word)[1:]:
        found += [f"stem={stem.text}", *_listed("stem list", classes(stem.text))]
    bare = core(word)
    if bare != word:
        found += _listed("core list", classes(bare))
    return found


def _near(word: str) -> list[str]:
    found = [f"w={word}", f"core={core(word)}", f"suffix={word[-3:]}", f"al={word.startswith('ال')}"]
    found += [*_listed("list", classes(word)), *_listed("core list", classes(core(word)))]
    if word[:1] == "و":
        found += [f"stem={word[1:]}", *_listed("stem list", classes(word[1:]))]
    return found


def _shape(word: str) -> str:
    if word.isdecimal():
        return "digits"
    return "latin" if word.isascii() else "letter" if len(word) == 1 else "word"


@lru_cache(WORDS_REMEMBERED)
def word_features(word: str) -> WordFeatures:
    """Everything that follows from a word alone."""
    keys = {offset: _own(word) if offset == 0 else _near(word) for offset in OFFSETS}
    ids = tuple(np.array([_row(f"{offset}:{key}") for key in keys[offset]], dtype=np.int64) for offset in OFFSETS)
    kind = f"{classes(word)} {classes(core(word))} {word[:2] == 'ال'} {_shape(word)}"
    return WordFeatures(ids, crc32(word.encode()), crc32(f"core {core(word)}".encode()), crc32(kind.encode()))


@lru_cache(maxsize=4096)
def _mark(gap: Gap, between: str) -> int:
    """A hash of what stands between two tokens: the gap, quotation marks, and the first other mark."""
    opening = any(mark in OPENING for mark in between)
    closing = any(mark in CLOSING for mark in between)
    other = next((mark for mark in between if not mark.isspace() and mark not in OPENING + CLOSING), "")
    return crc32(f"{int(gap)} {opening} {closing} {other}".encode())


_BLANK = _mark(Gap.SOFT, " ")
_MARKS = 8
"""Characters between two tokens that are looked at."""


def marks(reading: Reading) -> Hashes:
    """A hash for the gap before each token, and one for that behind the last."""
    content, tokens = reading.content, reading.tokens
    ends = [0, *(token.end for token in tokens)]
    starts = [*(token.start for token in tokens), len(content)]
    found = [
        _BLANK if start - end == 1 and content[end] == " " else _mark(gap, content[end : min(start, end + _MARKS)])
        for gap, end, start in zip(reading.gaps, ends, starts, strict=True)
    ]
    return np.array(found, dtype=np.uint32)


def shared_ids(words: Sequence[WordFeatures], gaps: Hashes) -> Ids:
    """The ids, one row for each token, of what neighbours and the marks between them say together."""
    whole = np.array([word.whole for word in words], dtype=np.uint32)
    cores = np.array([word.core for word in words], dtype=np.uint32)
    kinds = np.array([word.kind for word in words], dtype=np.uint32)
    before, after = gaps[:-1], gaps[1:]
    columns = (
        _joined(1, _shifted(whole, -1), whole),
        _joined(2, whole, _shifted(whole, 1)),
        _joined(3, _shifted(cores, -1), _shifted(cores, 1)),
        _joined(4, _shifted(cores, -2), _shifted(cores, -1)),
        _joined(5, _shifted(kinds, -1), kinds),
        _joined(6, kinds, _shifted(kinds, 1)),
        _joined(7, _joined(8, _shifted(kinds, -1), kinds), _shifted(kinds, 1)),
        _joined(9, _shifted(cores, -1), kinds),
        _joined(10, kinds, _shifted(cores, 1)),
        _joined(11, before, after),
        _joined(12, before, kinds),
        _joined(13, before, _shifted(cores, -1)),
        _joined(14, after, kinds),
        _joined(15, _shifted(cores, -3), np.uint32(0)),
        _joined(16, _shifted(cores, 3), np.uint32(0)),
        _joined(17, before, whole),
    )
    return np.stack(columns, axis=1).astype(np.int64) % ROWS


def _shifted(values: Hashes, offset: int) -> Hashes:
    """The values of the tokens `offset` further on, 0 outside the text."""
    moved = np.zeros_like(values)
    if offset < 0:
        moved[-offset:] = values[:offset]
    else:
        moved[:-offset] = values[offset:]
    return moved


def _joined(salt: int, one: Hashes, other: Hashes | np.uint32) -> Hashes:
    """Two hashes as one, modulo 2³² and so the same on every machine."""
    mixed = one * np.uint32(0x9E3779B1) + other * np.uint32(0x85EBCA77) + np.uint32(salt * 0x27D4EB2F & 0xFFFFFFFF)
    mixed ^= mixed >> np.uint32(15)
    mixed *= np.uint32(0x2C1B3C6D)
    return mixed ^ (mixed >> np.uint32(13))
