"""Trains how proclitics and kinds are chosen; `tools.train_names` calls it."""

import gzip
import json
import lzma
import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from marsad.annotation import EntityType
from marsad.arabic.clitics import names
from processors.names.choice import ORGANISATIONS, PLACES, ROWS, kind_features, proclitic_features, row
from processors.reading import Reading

EPOCHS = 10
SEED = 2026
SCALE = 100


class Example(NamedTuple):
    """Candidates with their features' rows, and those that are right."""

    task: str
    candidates: list[list[int]]
    right: frozenset[int]


def examples(path: Path) -> Iterator[list[Example]]:
    """The choices that each article of our own newsroom decides."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            document = json.loads(line)
            yield list(_of_article(document["text"], document["mentions"]))


def _of_article(text: str, mentions: list[tuple[int, int, EntityType, str]]) -> Iterator[Example]:
    reading = Reading(text)
    holding = {at: number for number, token in enumerate(reading.tokens) for at in range(token.start, token.end)}
    others = frozenset(reading.words)
    for start, end, type_, kind in mentions:
        if start not in holding or end - 1 not in holding:
            continue
        first, last = holding[start], holding[end - 1] + 1
        word = reading.words[first]
        stems = names(word)
        right = frozenset(
            number for number, stem in enumerate(stems) if reading.span(first, last, stem.skip).start == start
        )
        if len(stems) > 1 and right:
            found = [_rows(proclitic_features(word, type_, stem, others)) for stem in stems]
            yield Example("proclitics", found, right)
        kinds = {"ORG": ORGANISATIONS, "LOC": PLACES}.get(type_, ())
        if kind in kinds and right:
            words = [stems[min(right)].text, *reading.words[first + 1 : last]]
            yield Example("kinds", [_rows(kind_features(it, words)) for it in kinds], frozenset({kinds.index(kind)}))


def _rows(features: list[str]) -> list[int]:
    return [row(feature) for feature in features]


def fit(data: list[Example]) -> list[int]:
    """An averaged perceptron's weights in whole numbers."""
    weights: defaultdict[int, int] = defaultdict(int)
    sums: defaultdict[int, int] = defaultdict(int)
    order = random.Random(SEED)  # noqa: S311 # a shuffle
    data = list(data)
    clock = 0
    for _ in range(EPOCHS):
        order.shuffle(data)
        for example in data:
            clock += 1
            scores = [sum(weights[it] for it in rows) for rows in example.candidates]
            right = max(example.right, key=lambda number: scores[number])
            wrong = max(
                (n for n in range(len(scores)) if n not in example.right), key=lambda n: scores[n], default=None
            )
            if wrong is None or scores[right] > scores[wrong]:
                continue
            for number, change in ((right, 1), (wrong, -1)):
                for it in example.candidates[number]:
                    weights[it] += change
                    sums[it] += change * clock
    whole = [0] * ROWS
    for it, weight in weights.items():
        whole[it] = max(-32768, min(32767, round(SCALE * (weight - sums[it] / max(clock, 1)))))
    return whole


def pack(weights: list[int]) -> bytes:
    """The weights as they are stored."""
    return lzma.compress(np.array(weights, dtype="<i2").tobytes(), preset=9)


def score(weights: list[int], data: list[Example]) -> None:
    """Print how many choices are right."""
    for task in ("proclitics", "kinds"):
        some = [it for it in data if it.task == task]
        right = sum(
            max(range(len(it.candidates)), key=lambda n, it=it: sum(weights[r] for r in it.candidates[n])) in it.right  # type: ignore[misc] # mypy infers no lambda with a default
            for it in some
        )
        print(f"{task}: {right} of {len(some)} right")
