"""Fits the weights of processors/likeness.toml, and says how stories come out that a fit has not seen.

`python -m benchmarks.likeness GOLD.jsonl [PAIRS.jsonl]` reads articles in order of publication, as `marsad stories --jsonl` does,
with `story` (null: a round-up) and `follows`. Every fold leaves four neighbouring stories out, a follow-up with what it follows.
PAIRS are further pairs of articles, `{"one", "other", "same", "weight"}`, the earlier one second, that every fit sees.
"""

import json
import math
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

from marsad.annotation import AnnotatedArticle, Membership
from marsad.article import Article, month_of
from marsad.catalogue import load_catalogue
from marsad.config import Config
from processors import likeness
from processors.annotate import Annotator
from processors.likeness import Counts, Features, Weights, compare, cosine, weigh
from processors.stories import Rules, StoryData, decide, story_data
from processors.storystream import StoryStream

FOLD = 4
RIDGE = 0.0004
"""Penalty on the square of a weight, of features scaled to one standard deviation."""
THRESHOLDS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9)


class Row(NamedTuple):
    """An article beside a story, as both were when it came."""

    features: Features
    same: bool
    folds: frozenset[int]
    """Those of the article and of the story."""
    weight: float = 1.0


class Pairs(NamedTuple):
    """Two articles of one story, in percent."""

    precision: float
    recall: float
    f1: float


class Taught(StoryStream):
    """A stream that puts articles where it is told to."""

    def teach(self, data: StoryData, story: str) -> None:
        """Take the next article into a story."""
        decision = decide(data, self, Rules(likeness=1.0))
        assert decision is not None
        self._remember(data, decision._replace(membership=Membership(story=story, relation="joined")))


def read_gold(path: Path) -> list[dict[str, Any]]:
    """The gold articles, each with its fold."""
    gold = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    stories = sorted({document["story"] for document in gold if document["story"]})
    folds = {story: number // FOLD for number, story in enumerate(stories)}
    folds |= {it["story"]: folds[it["follows"]] for it in gold if it.get("follows") in folds}
    return [{**document, "fold": folds.get(document["story"], -1)} for document in gold]


@lru_cache(maxsize=1)
def annotator() -> Annotator:
    """Annotates by the catalogue that ships."""
    return Annotator(load_catalogue(Config(None).files("actors*.toml")))


def as_annotated(document: Mapping[str, Any]) -> AnnotatedArticle:
    """A gold document, annotated."""
    published = datetime.fromisoformat(document["published"]).astimezone(UTC)
    fetched = int(published.timestamp() * 1000)
    return annotator()(Article(
        id=document["id"], version=fetched, first_seen=fetched, feed_id="", feed_url="", outlet=document["outlet"], guid="",
        url="", title=document["title"], text=document["text"], published=published, updated=None,
        month=month_of(published, fetched),
    ))  # fmt: skip


def collect(gold: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Every article beside every story within its window, the earlier ones grouped as they should be."""
    rules = Rules()
    stream = Taught(rules)
    live: dict[str, int] = {}
    rows = []
    for document in gold:
        data = story_data(as_annotated(document))
        gist = weigh(data.reading, stream.counts([word.key for word in data.reading.words]))
        repeated = data.whole is not None and stream.repeated(data.whole, 0, data.time)
        for story, fold in live.items() if not (gist.roundup or repeated) else ():
            found = stream.members(story, data.time - rules.window_ms, data.time + rules.window_ms)
            members = [it for it in found if not it.gist.roundup]
            if members:
                gists = [it.gist for it in members]
                apart = min(abs(data.time - it.time) for it in members)
                features = compare(gist, gists, apart, [cosine(gist, it) for it in gists])
                rows.append(Row(features, document["story"] == story, frozenset({document["fold"], fold})))
        story = document["story"] or document["id"]
        stream.teach(data, story)
        live.setdefault(story, document["fold"])
    return rows


def read_pairs(path: Path) -> list[Row]:
    """Pairs of articles, each as an article beside a story of one."""
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        pair = json.loads(line)
        one, other = (story_data(as_annotated(pair[name])) for name in ("one", "other"))
        gists = [weigh(data.reading, Counts(0, {})) for data in (one, other)]
        features = compare(gists[0], gists[1:], abs(one.time - other.time), [cosine(*gists)])
        rows.append(Row(features, pair["same"], frozenset(), pair["weight"]))
    return rows


def fit(rows: Sequence[Row]) -> Weights:
    """Logistic regression with a ridge, by Newton's method; the weights are for features as they are."""
    width = len(Features._fields)
    means = [sum(row.features[at] for row in rows) / len(rows) for at in range(width)]
    scales = [
        math.sqrt(sum((row.features[at] - means[at]) ** 2 for row in rows) / len(rows)) or 1.0 for at in range(width)
    ]
    total = sum(row.weight for row in rows)
    points = [[1.0, *((row.features[at] - means[at]) / scales[at] for at in range(width))] for row in rows]
    w = [0.0] * (width + 1)
    for _ in range(30):
        gradient = [0.0, *(RIDGE * it for it in w[1:])]
        hessian = [[RIDGE if at == other and at else 0.0 for other in range(width + 1)] for at in range(width + 1)]
        for row, x in zip(rows, points, strict=True):
            p = 1 / (1 + math.exp(-sum(a * b for a, b in zip(w, x, strict=True))))
            for at in range(width + 1):
                gradient[at] += row.weight * (p - row.same) * x[at] / total
                for other in range(width + 1):
                    hessian[at][other] += row.weight * p * (1 - p) * x[at] * x[other] / total
        step = solve(hessian, gradient)
        w = [it - by for it, by in zip(w, step, strict=True)]
    found = [round(it / scale, 2) for it, scale in zip(w[1:], scales, strict=True)]
    bias = w[0] - sum(it * mean / scale for it, mean, scale in zip(w[1:], means, scales, strict=True))
    return Weights(bias=round(bias, 2), features=dict(zip(Features._fields, found, strict=True)))


def solve(matrix: Sequence[Sequence[float]], right: Sequence[float]) -> list[float]:
    """The solution of a small system of linear equations, by elimination."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    size = len(rows)
    for at in range(size):
        pivot = max(range(at, size), key=lambda row: abs(rows[row][at]))
        rows[at], rows[pivot] = rows[pivot], rows[at]
        for below in range(size):
            if below != at:
                factor = rows[below][at] / rows[at][at]
                rows[below] = [a - factor * b for a, b in zip(rows[below], rows[at], strict=True)]
    return [rows[at][size] / rows[at][at] for at in range(size)]


def group(gold: Sequence[Mapping[str, Any]], weights: Mapping[int, Weights], least: float) -> list[str]:
    """The story of each article, decided by the weights of its fold."""
    stream, stories = StoryStream(Rules(likeness=least)), []
    for document in gold:
        with mock.patch.object(likeness, "shipped", lambda found=weights[document["fold"]]: found):
            membership = stream.add(story_data(as_annotated(document)))
        assert membership is not None
        stories.append(membership.story)
    return stories


def judge(gold: Sequence[Mapping[str, Any]], stories: Sequence[str]) -> Pairs:
    """Precision and recall of pairs of articles."""
    right = given = wanted = 0
    for (one, its), (other, others) in combinations(zip(gold, stories, strict=True), 2):
        same = one["story"] is not None and one["story"] == other["story"]
        right, given, wanted = right + (same and its == others), given + (its == others), wanted + same
    precision, recall = 100 * right / max(1, given), 100 * right / wanted
    return Pairs(precision, recall, 2 * precision * recall / max(1e-9, precision + recall))


def main(path: Path, pairs_path: Path | None) -> None:
    """Print the weights and how they do, seen and unseen."""
    gold = read_gold(path)
    rows = collect(gold) + (read_pairs(pairs_path) if pairs_path else [])
    whole = fit(rows)
    print(f"{len(rows)} rows, {sum(row.same for row in rows)} of one story")
    print(f"bias = {whole.bias}\n\n[features]")
    print("".join(f"{name} = {value}\n" for name, value in whole.features.items()))
    folds = {document["fold"] for document in gold}
    unseen = {fold: fit([row for row in rows if fold not in row.folds]) for fold in folds}
    for least in THRESHOLDS:
        for name, weights in (("unseen", unseen), ("seen", dict.fromkeys(folds, whole))):
            pairs = judge(gold, group(gold, weights, least))
            print(f"{least:.2f} {name:6}  P {pairs.precision:5.1f}  R {pairs.recall:5.1f}  F1 {pairs.f1:5.1f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
