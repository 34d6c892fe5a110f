"""Trains the tagger of names: `python tools/train_names.py DATA [--held-out]` writes processors/names/tagger.bin.

DATA holds `ner/ant-names.jsonl.gz` and `ner/*.conll.gz`. The model is a linear-chain conditional random field, fitted by
AdaGrad with an L2 penalty and stored in integers. With --held-out every sixth article is left out and scored, and nothing is
written: that is how the constants here were chosen.
"""

import argparse
import gzip
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from processors.names.features import OFFSETS, ROWS, Ids, marks, shared_ids, word_features
from processors.names.tagger import LABELS, Tagger, pack
from processors.reading import Gap, Reading

Floats = npt.NDArray[np.float32]
TARGET = Path(__file__).parents[1] / "processors" / "names" / "tagger.bin"
FOLD = 6
PENALTY = float(__import__("os").environ.get("PEN","0.1"))
import os
EPOCHS = int(os.environ.get("EP","8"))
PACE = float(__import__("os").environ.get("PACE","0.2"))
SEED = 2026
OTHER_WEIGHT = float(__import__("os").environ.get("OTHER","0.4"))
"""What a sentence of other sources than our own newsroom counts."""
SCALE = 24
"""Integer steps in one unit of a weight."""
SMALLEST = 1
"""A row whose weights are all smaller, in steps, is left out."""
BATCH = 6000
"""Tokens read before the weights are moved."""


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
            reading, [(at, end + 1, name) for at, end, name in found if at is not None and end is not None], OTHER_WEIGHT
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


class Batch(NamedTuple):
    """Sentences of about one length, side by side, with their features grouped by token and by row."""

    labels: Ids
    real: npt.NDArray[np.bool_]
    blocked: npt.NDArray[np.bool_]
    weight: Floats
    rows: Ids
    """The rows of the model that its features use."""
    by_token: tuple[Ids, Ids]
    """Positions in `rows`, token after token, and where each token's begin."""
    by_row: tuple[Ids, Ids]
    """Tokens, row after row, and where each row's begin."""


class _Sentence(NamedTuple):
    ids: list[Ids]
    labels: list[int]
    blocked: list[bool]
    weight: float


def _sentences_of(text: Marked) -> Iterator[_Sentence]:
    if not text.reading.words:
        return
    ids = feature_ids(text.reading)
    blocked = [gap >= Gap.MARK for gap in text.reading.gaps]
    for it in text.reading.sentences:
        if len(it):
            part = slice(it.start, it.stop)
            yield _Sentence(ids[part], text.labels[part], [True, *blocked[it.start + 1 : it.stop]], text.weight)


def batches(data: list[Marked]) -> list[Batch]:
    """The data cut into batches; features that occur once in all of it are left out."""
    found = sorted((it for text in data for it in _sentences_of(text)), key=lambda it: len(it.labels))
    counts = np.bincount(np.concatenate([ids for it in found for ids in it.ids]), minlength=ROWS)
    parts, part, size = [], [], 0
    for it in found:
        part.append(it)
        size += len(it.labels)
        if size >= BATCH:
            parts.append(part)
            part, size = [], 0
    if part:
        parts.append(part)
    return [_batch(part, counts) for part in parts]


def _batch(part: list[_Sentence], counts: Ids) -> Batch:
    shape = (len(part), max(len(it.labels) for it in part))
    labels, real, blocked = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
    per_token: list[Ids] = [np.empty(0, dtype=np.int64)] * (shape[0] * shape[1])
    for number, it in enumerate(part):
        length = len(it.labels)
        labels[number, :length], real[number, :length], blocked[number, :length] = it.labels, True, it.blocked
        for at, ids in enumerate(it.ids):
            per_token[number * shape[1] + at] = ids[counts[ids] > 1]
    ids = np.concatenate(per_token)
    lengths = np.array([len(it) for it in per_token])
    rows, compact = np.unique(ids, return_inverse=True)
    order = np.argsort(compact, kind="stable")
    return Batch(
        labels=labels,
        real=real,
        blocked=blocked,
        weight=np.array([it.weight for it in part], dtype=np.float32),
        rows=rows,
        by_token=(compact, np.concatenate([[0], np.cumsum(lengths)])),
        by_row=(np.repeat(np.arange(len(per_token)), lengths)[order], np.searchsorted(compact[order], np.arange(len(rows) + 1))),
    )


def _sums(values: Floats, groups: tuple[Ids, Ids]) -> Floats:
    """The sum of the values of each group; of an empty one 0."""
    members, starts = groups
    if not len(members):
        return np.zeros((len(starts) - 1, values.shape[1]), dtype=np.float32)
    full = np.flatnonzero(np.diff(starts))
    found = np.zeros((len(starts) - 1, values.shape[1]), dtype=np.float32)
    found[full] = np.add.reduceat(values[members], starts[full], axis=0)
    return found


def slopes(batch: Batch, weights: Floats, transitions: Floats) -> tuple[float, Floats, Floats]:
    """The negative log-likelihood of a batch, and its slope by the rows' weights and by the transitions."""
    size, length = batch.labels.shape
    scores = _sums(weights, batch.by_token).reshape(size, length, len(LABELS))
    scores = scores + np.where(batch.blocked[:, :, None] & INSIDE, np.float32(-1e4), np.float32(0))
    moves = transitions + FORBIDDEN
    forward = np.zeros((length, size, len(LABELS)), dtype=np.float32)
    forward[0] = scores[:, 0]
    for step in range(1, length):
        following = _logsum(forward[step - 1][:, :, None] + moves, 1) + scores[:, step]
        forward[step] = np.where(batch.real[:, step, None], following, forward[step - 1])
    whole = _logsum(forward[-1], 1)
    reached = np.take_along_axis(scores, batch.labels[:, :, None], 2)[:, :, 0]
    total = float((batch.weight * (whole - np.where(batch.real, reached, 0).sum(axis=1))).sum())
    slope, slope_moves = np.zeros_like(scores), np.zeros_like(transitions)
    backward = np.zeros((size, len(LABELS)), dtype=np.float32)
    everyone = np.arange(size)
    for step in range(length - 1, -1, -1):
        live = np.where(batch.real[:, step], batch.weight, np.float32(0))
        gold = batch.labels[:, step]
        slope[:, step] = np.exp(forward[step] + backward - whole[:, None]) * live[:, None]
        slope[everyone, step, gold] -= live
        if step:
            inner = scores[:, step] + backward
            pair = np.exp(forward[step - 1][:, :, None] + moves + inner[:, None] - whole[:, None, None])
            slope_moves += (pair * live[:, None, None]).sum(axis=0)
            np.add.at(slope_moves, (batch.labels[:, step - 1], gold), -live)
            total -= float((live * moves[batch.labels[:, step - 1], gold]).sum())
            backward = np.where(batch.real[:, step, None], _logsum(moves + inner[:, None], 2), backward)
    return total, _sums(slope.reshape(-1, len(LABELS)), batch.by_row), slope_moves


INSIDE = np.array([label.startswith("I") for label in LABELS])
FORBIDDEN = np.array(
    [[-1e4 if to[0] == "I" and one[1:] != to[1:] else 0.0 for to in LABELS] for one in LABELS], dtype=np.float32
)


def _logsum(values: Floats, axis: int) -> Floats:
    highest = values.max(axis=axis, keepdims=True)
    return np.squeeze(highest, axis) + np.log(np.exp(values - highest).sum(axis=axis))  # type: ignore[no-any-return]


def fit(data: list[Batch]) -> tuple[Floats, Floats]:
    """The weights of all rows and of the transitions, by AdaGrad with a penalty, over shuffled batches."""
    weights = np.zeros((ROWS, len(LABELS)), dtype=np.float32)
    squares = np.full_like(weights, 1e-2)
    transitions = np.zeros((len(LABELS), len(LABELS)), dtype=np.float32)
    squares_moves = np.full_like(transitions, 1e-2)
    uses = np.bincount(np.concatenate([batch.rows for batch in data]), minlength=ROWS).astype(np.float32)
    share = PENALTY / np.maximum(uses, 1)[:, None]
    order = np.random.default_rng(SEED)
    for epoch in range(EPOCHS):
        total = 0.0
        for number in order.permutation(len(data)):
            batch = data[number]
            rows = batch.rows
            loss, slope, slope_moves = slopes(batch, weights[rows], transitions)
            total += loss
            slope += share[rows] * weights[rows]
            squares[rows] += slope**2
            weights[rows] -= PACE * slope / np.sqrt(squares[rows])
            squares_moves += slope_moves**2
            transitions -= PACE * slope_moves / np.sqrt(squares_moves)
        print(f"epoch {epoch + 1}: loss {total:.0f}", flush=True)
    return weights, transitions


def train(data: list[Marked]) -> bytes:
    """The model as it is stored."""
    weights, transitions = (np.clip(np.rint(it * SCALE), -127, 127).astype(np.int8) for it in fit(batches(data)))
    rows = np.flatnonzero(np.abs(weights).max(axis=1) > SMALLEST)
    return pack(rows, weights[rows], transitions)


def score(model: bytes, data: list[Marked]) -> None:
    """Print precision and recall of exact spans, for each type."""
    tagger = Tagger(model)
    wanted: set[tuple[int, int, int, str]] = set()
    given: set[tuple[int, int, int, str]] = set()
    for number, text in enumerate(data):
        wanted |= {(number, *span) for span in text.spans}
        given |= {(number, it.at, it.end, it.type) for it in tagger(text.reading, ())}
    for name in ("PER", "ORG", "LOC", ""):
        gold, found = ({it for it in side if it[3].startswith(name)} for side in (wanted, given))
        right = len(gold & found)
        precision, recall = right / max(len(found), 1), right / max(len(gold), 1)
        print(f"{name or 'all':4} P {precision:.3f} R {recall:.3f} F1 {2 * precision * recall / max(precision + recall, 1e-9):.3f}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--own", action="store_true")
    args = parser.parse_args()
    own = list(articles(args.data / "ner" / "ant-names.jsonl.gz"))
    other = list(sentences(args.data / "ner" / "anercorp-train.conll.gz", {"PER": "PER", "ORG": "ORG", "LOC": "LOC", "PERS": "PER"}))
    wojood = {"PERS": "PER", "ORG": "ORG", "GPE": "LOC", "LOC": "LOC", "FAC": "LOC"}
    other += [it for part in ("train", "val") for it in sentences(args.data / "ner" / f"wojood-sample-{part}.conll.gz", wojood)]
    if args.own:
        other = []
    if args.held_out:
        score(train([*(it for n, it in enumerate(own) if n % FOLD), *other]), own[::FOLD])
        return
    model = train([*own, *other])
    TARGET.write_bytes(model)
    print(f"{TARGET}: {len(model)} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
