"""Reads the data that the tagger of names is trained on: articles and sentences with the labels of their tokens."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from processors.names.features import OFFSETS, Ids, marks, shared_ids, word_features
from processors.names.tagger import LABELS
from processors.reading import Gap, Reading

OTHER_WEIGHT = 0.4
"""What a sentence of other sources than our own newsroom counts."""


@dataclass(frozen=True)
class Marked:
    """A text with the labels of its tokens."""

    reading: Reading
    labels: list[int]
    spans: list[tuple[int, int, str]]
    weight: float
    kinds: tuple[str, ...] = ()


def articles(path: Path) -> Iterator[Marked]:
    """The articles of our own newsroom."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            document = json.loads(line)
            reading = Reading(document["text"])
            starts = {at: number for number, token in enumerate(reading.tokens) for at in range(token.start, token.end)}
            spans = []
            for start, end, name, _kind in document["mentions"]:
                at, last = starts.get(start), starts.get(end - 1)
                if at is not None and last is not None:
                    spans.append((at, last + 1, name))
            yield _marked(reading, spans, 1.0)


def sentences(path: Path, names: dict[str, str]) -> Iterator[Marked]:
    """The sentences of a file in two columns, fifty to a text; `names` translates its types."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        blocks = [
            [line.split("\t") for line in block.splitlines() if "\t" in line] for block in lines.read().split("\n\n")
        ]
    for block in filter(None, blocks):
        text, spans, open_span = "", [], None
        for word, tag in [*block, ("", "O")]:
            begin, name = tag[:1], names.get(tag[2:])
            if open_span and (begin != "I" or open_span[2] != name):
                spans.append((open_span[0], open_span[1], open_span[2]))
                open_span = None
            if name and begin in "BI":
                open_span = (open_span[0] if open_span else len(text), len(text) + len(word), name)
            text += word + " "
        reading = Reading(text)
        starts = {at: number for number, token in enumerate(reading.tokens) for at in range(token.start, token.end)}
        found = [(starts.get(start), starts.get(end - 1), name) for start, end, name in spans]
        yield _marked(
            reading,
            [(at, end + 1, name) for at, end, name in found if at is not None and end is not None],
            OTHER_WEIGHT,
        )


def _marked(reading: Reading, spans: list[tuple[int, int, str]], weight: float) -> Marked:
    labels = [0] * len(reading.words)
    kept = []
    for at, end, name in spans:
        if all(gap < Gap.MARK for gap in reading.gaps[at + 1 : end]) and not any(labels[at:end]):
            labels[at] = LABELS.index(f"B-{name}")
            labels[at + 1 : end] = [LABELS.index(f"I-{name}")] * (end - at - 1)
            kept.append((at, end, name))
    return Marked(reading, labels, kept, weight)


def feature_ids(reading: Reading) -> list[Ids]:
    """The ids of every token's features."""
    words = [word_features(word) for word in reading.words]
    shared = shared_ids(words, marks(reading))
    rows = []
    for at in range(len(words)):
        parts = [
            words[at + offset].ids[number] for number, offset in enumerate(OFFSETS) if 0 <= at + offset < len(words)
        ]
        rows.append(np.concatenate([*parts, shared[at]]))
    return rows
