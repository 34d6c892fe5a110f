"""Trains the models of names: `python -m tools.train_names DATA [--held-out]` writes processors/names/*.bin.

DATA holds `ner/ant-names.jsonl.gz` and `ner/*.conll.gz`. The tagger is a linear-chain conditional random field, fitted by
AdaGrad with an L2 penalty and stored in integers. With --held-out every sixth article is left out and scored, and nothing is
written: that is how the constants here were chosen.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from processors.names.features import ROWS, Ids
from processors.names.tagger import LABELS, Tagger, pack
from processors.reading import Gap
from tools import train_choices
from tools.names_data import Marked, articles, feature_ids, sentences

Floats = npt.NDArray[np.float32]
TARGET = Path(__file__).parents[1] / "processors" / "names"
OWN = "ant-names.jsonl.gz"
FOLD = 6
PENALTY = 1.0
EPOCHS = 6
PACE = 0.1
SEED = 2026
SCALE = 24
"""Integer steps in one unit of a weight."""
SMALLEST = 1
"""A row whose weights are all smaller, in steps, is left out."""
BATCH = 6000
"""Tokens read before the weights are moved."""


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
        by_row=(
            np.repeat(np.arange(len(per_token)), lengths)[order],
            np.searchsorted(compact[order], np.arange(len(rows) + 1)),
        ),
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
    return np.squeeze(highest, axis) + np.log(np.exp(values - highest).sum(axis=axis))  # type: ignore[no-any-return] # numpy's stubs give Any here


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
        print(
            f"{name or 'all':4} P {precision:.3f} R {recall:.3f} F1 {2 * precision * recall / max(precision + recall, 1e-9):.3f}"
        )


def _other(folder: Path) -> Iterator[Marked]:
    """The sentences of other sources, their types as ours."""
    yield from sentences(folder / "anercorp-train.conll.gz", {"PERS": "PER", "PER": "PER", "ORG": "ORG", "LOC": "LOC"})
    wojood = {"PERS": "PER", "ORG": "ORG", "GPE": "LOC", "LOC": "LOC", "FAC": "LOC"}
    for part in ("train", "val"):
        yield from sentences(folder / f"wojood-sample-{part}.conll.gz", wojood)


def main() -> None:
    """Train both models and write them, or score them on articles that are held out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--held-out", action="store_true")
    args = parser.parse_args()
    folder = args.data / "ner"
    own, other = list(articles(folder / OWN)), list(_other(folder))
    choices = list(train_choices.examples(folder / OWN))
    if args.held_out:
        score(train([*(it for number, it in enumerate(own) if number % FOLD), *other]), own[::FOLD])
        learnt = [it for number, part in enumerate(choices) if number % FOLD for it in part]
        train_choices.score(train_choices.fit(learnt), [it for part in choices[::FOLD] for it in part])
        return
    (TARGET / "tagger.bin").write_bytes(train([*own, *other]))
    (TARGET / "choices.bin").write_bytes(train_choices.pack(train_choices.fit([it for part in choices for it in part])))


if __name__ == "__main__":
    main()
