"""A linear-chain tagger of persons, organisations and places; in integers, so that every machine finds the same names."""

import lzma
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from marsad.annotation import EntityType
from marsad.arabic.tokens import WORDS_REMEMBERED
from processors.names.features import OFFSETS, ROWS, Ids, marks, shared_ids, word_features
from processors.reading import Gap, Reading

TYPES: tuple[EntityType, ...] = ("PER", "ORG", "LOC")
LABELS = ("O", *(f"{place}-{name}" for name in TYPES for place in "BI"))
_OUTSIDE = 0
_NEVER = -(1 << 24)
Scores = npt.NDArray[np.int32]


class Tagged(NamedTuple):
    """Tokens from `at` up to `end` that name a thing of that type."""

    at: int
    end: int
    type: EntityType


class _Head(msgspec.Struct):
    rows: int
    labels: tuple[str, ...]


def pack(rows: Ids, weights: npt.NDArray[np.int8], transitions: npt.NDArray[np.int8]) -> bytes:
    """A model as bytes: the numbers of its rows, their weights, and those of a label behind a label."""
    head = msgspec.json.encode(_Head(rows=len(rows), labels=LABELS)) + b"\n"
    steps = np.diff(rows, prepend=0).astype("<u4")
    low, high = steps.view(np.uint8).reshape(-1, 4)[:, 0], steps.view(np.uint8).reshape(-1, 4)[:, 1:]
    body = low.tobytes() + high.T.tobytes() + weights.T.tobytes() + transitions.tobytes()
    return lzma.compress(head + body, preset=9)


LEAN = 3
"""Taken from the score of «no name»: raises what is found at the price of what is right."""
HINT_STRENGTH = 200
_INSIDE = np.array([label.startswith("I") for label in LABELS])
_FORBIDDEN = np.array(
    [[_NEVER if to[0] == "I" and one[1:] != to[1:] else 0 for to in LABELS] for one in LABELS], dtype=np.int32
)


class Tagger:
    """A model that has been read. Threads may share it."""

    def __init__(self, model: bytes) -> None:
        head, _, body = lzma.decompress(model).partition(b"\n")
        size = msgspec.json.decode(head, type=_Head).rows
        steps = np.zeros((size, 4), dtype=np.uint8)
        numbers = np.frombuffer(body, dtype=np.uint8)
        steps[:, 0] = numbers[:size]
        steps[:, 1:] = numbers[size : 4 * size].reshape(3, size).T
        rows = np.cumsum(steps.view("<u4").ravel().astype(np.int64))
        weights = np.frombuffer(body, dtype=np.int8, offset=4 * size)
        self._weights = np.zeros((ROWS, len(LABELS)), dtype=np.int8)
        self._weights[rows] = weights[: size * len(LABELS)].reshape(len(LABELS), size).T
        self._moves = weights[size * len(LABELS) :].reshape(len(LABELS), len(LABELS)).astype(np.int32) + _FORBIDDEN
        self._word = lru_cache(WORDS_REMEMBERED)(self._of_word)

    def __call__(self, reading: Reading, hints: Sequence[Tagged]) -> list[Tagged]:
        """The names of an article, in order; none overlap and none crosses a mark."""
        if not reading.words:
            return []
        labels = self._best(reading, self._scores(reading, hints))
        found: list[Tagged] = []
        for at, label in enumerate(labels):
            if label == _OUTSIDE:
                continue
            if LABELS[label][0] == "B":
                found.append(Tagged(at, at + 1, TYPES[(label - 1) // 2]))
            else:
                found[-1] = found[-1]._replace(end=at + 1)
        return found

    def _of_word(self, word: str) -> Scores:
        """What a word adds to the labels of the tokens around it, one row for each of OFFSETS."""
        return np.stack([self._weights[ids].sum(axis=0, dtype=np.int32) for ids in word_features(word).ids])

    def _scores(self, reading: Reading, hints: Sequence[Tagged]) -> Scores:
        words = reading.words
        shared = shared_ids([word_features(word) for word in words], marks(reading))
        scores: Scores = self._weights[shared].sum(axis=1, dtype=np.int32)
        parts = np.concatenate([self._word(word) for word in words]).reshape(len(words), len(OFFSETS), len(LABELS))
        for number, offset in enumerate(OFFSETS):
            if offset < 0:
                scores[-offset:] += parts[:offset, number]
            else:
                scores[: len(words) - offset] += parts[offset:, number]
        scores[:, _OUTSIDE] -= LEAN
        for hint in hints:
            first = 1 + 2 * TYPES.index(hint.type)
            scores[hint.at : hint.end, _OUTSIDE] -= HINT_STRENGTH
            scores[hint.at, first] += HINT_STRENGTH // 2
            scores[hint.at + 1 : hint.end, first + 1] += HINT_STRENGTH // 2
        scores[np.array(reading.gaps[: len(words)]) >= Gap.MARK] += np.where(_INSIDE, _NEVER, 0).astype(np.int32)
        return scores

    def _best(self, reading: Reading, scores: Scores) -> list[int]:
        """The labels of the best way through each sentence, all sentences side by side."""
        sentences = sorted(reading.sentences, key=len, reverse=True)
        starts = np.array([it.start for it in sentences])
        lengths = np.array([len(it) for it in sentences])
        best = scores[starts] + np.where(_INSIDE, _NEVER, 0).astype(np.int32)
        before = np.zeros((len(scores), len(LABELS)), dtype=np.int8)
        ends = np.zeros(len(sentences), dtype=np.int8)
        live = len(sentences)
        for step in range(1, int(lengths[0]) + 1):
            still = int(np.count_nonzero(lengths[:live] > step))
            ends[still:live] = best[still:live].argmax(axis=1)
            live = still
            if not live:
                break
            paths = best[:live, :, None] + self._moves
            at = starts[:live] + step
            before[at] = paths.argmax(axis=1)
            best = paths.max(axis=1) + scores[at]
        labels = [_OUTSIDE] * len(scores)
        back: list[list[int]] = before.tolist()
        for sentence, last in zip(sentences, ends.tolist(), strict=True):
            label = int(last)
            for place in range(sentence.stop - 1, sentence.start - 1, -1):
                labels[place] = label
                label = back[place][label]
        return labels


@cache
def tagger() -> Tagger:
    """The tagger that ships with marsad."""
    return Tagger(resources.files("processors.names").joinpath("tagger.bin").read_bytes())
