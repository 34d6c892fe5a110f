"""Articles joined into stories in memory, by the decisions and with the forgetting of the stage `group`."""

from bisect import insort
from collections import Counter
from collections.abc import Sequence
from heapq import heappop, heappush
from typing import NamedTuple

from marsad.annotation import Membership
from processors.fingerprint import Fingerprint
from processors.likeness import Counts, Gist
from processors.stories import (
    ARTICLE_KEPT_MS,
    BEARERS,
    MEMBERS,
    SLICE,
    WINDOWS_KEPT,
    Decision,
    Kept,
    Rules,
    StoryData,
    decide,
)


class _Row(NamedTuple):
    number: int
    version: int
    story: str
    time: int
    whole: int | None
    kept: Kept | None


class StoryStream:
    """Groups a stream of articles in memory, by the rules of `GroupStage`."""

    def __init__(self, rules: Rules = Rules()) -> None:  # noqa: B008 - a value that never changes
        self._rules = rules
        self._rows: dict[str, _Row] = {}
        self._names: dict[int, str] = {}
        self._next = 0
        self._bearers: dict[int, list[int]] = {}
        self._wholes: dict[int, list[int]] = {}
        self._stories: dict[str, list[int]] = {}
        self._articles = 0
        self._words: Counter[int] = Counter()
        self._ages: list[tuple[int, int]] = []
        self._forgotten: list[tuple[int, int]] = []

    def add(self, data: StoryData) -> Membership | None:
        """The membership of the next article; None for a version that is no newer than the one known."""
        decision = decide(data, self, self._rules)
        if decision is None:
            return None
        self._remember(data, decision)
        self._prune(data.version)
        return decision.membership

    def known(self, article: str) -> tuple[int, str] | None:
        """As `Memory` says."""
        row = self._rows.get(article)
        return None if row is None else (row.version, row.story)

    def repeated(self, whole: int, first: int, last: int) -> tuple[str, str, int] | None:
        """As `Memory` says."""
        for number in reversed(self._wholes.get(whole, [])[-BEARERS:]):
            row = self._row(number)
            if first <= row.time <= last:
                return self._names[number], row.story, row.time
        return None

    def counts(self, words: Sequence[int]) -> Counts:
        """As `Memory` says."""
        return Counts(self._articles, {word: self._words[word] for word in words})

    def bearers(self, key: int, first: int, last: int) -> list[int]:
        """As `Memory` says."""
        return [it for it in self._bearers.get(key, [])[-BEARERS:] if first <= self._row(it).time <= last]

    def kept(self, number: int) -> Kept:
        """As `Memory` says."""
        found = self._row(number).kept
        assert found is not None, "an article without a sketch bears nothing"
        return found

    def members(self, story: str, first: int, last: int) -> list[Kept]:
        """As `Memory` says."""
        numbers = self._stories.get(story, [])
        founders = [it for it in numbers[:MEMBERS] if first <= self._row(it).time <= last][:1]
        latest = [it for it in numbers[1 - MEMBERS :] if first <= self._row(it).time <= last]
        return [self.kept(number) for number in sorted({*founders, *latest})]

    def _row(self, number: int) -> _Row:
        return self._rows[self._names[number]]

    def _remember(self, data: StoryData, decision: Decision) -> None:
        former = self._rows.get(data.article)
        if former is None:
            number = self._next
            self._next += 1
            self._names[number] = data.article
        else:
            number = former.number
            self._forget_sketch(former)
            if former.whole is not None:
                self._wholes[former.whole].remove(number)
        story, gist = decision.membership.story, decision.gist
        kept = None if gist is None else _kept(data.article, story, data.time, data.fingerprint, gist)
        self._rows[data.article] = _Row(number, data.version, story, data.time, data.whole, kept)
        if data.whole is not None:
            insort(self._wholes.setdefault(data.whole, []), number)
        heappush(self._ages if kept else self._forgotten, (data.version, number))
        if kept:
            self._articles += 1
            self._words.update(kept.gist.indexed)
            insort(self._stories.setdefault(story, []), number)
            for key in (*kept.fingerprint.indexed, *kept.gist.indexed):
                insort(self._bearers.setdefault(key, []), number)

    def _forget_sketch(self, row: _Row) -> None:
        if row.kept is None:
            return
        self._articles -= 1
        self._words.subtract(row.kept.gist.indexed)
        self._stories[row.story].remove(row.number)
        for key in (*row.kept.fingerprint.indexed, *row.kept.gist.indexed):
            self._bearers[key].remove(row.number)

    def _prune(self, fetched: int) -> None:
        for number in self._old(self._ages, fetched - WINDOWS_KEPT * self._rules.window_ms, with_sketch=True):
            row = self._row(number)
            self._forget_sketch(row)
            self._rows[self._names[number]] = row._replace(kept=None)
            heappush(self._forgotten, (row.version, number))
        for number in self._old(self._forgotten, fetched - ARTICLE_KEPT_MS, with_sketch=False):
            row = self._rows.pop(self._names.pop(number))
            if row.whole is not None:
                self._wholes[row.whole].remove(number)

    def _old(self, heap: list[tuple[int, int]], before: int, *, with_sketch: bool) -> list[int]:
        """A slice of the numbers whose version is older, the oldest first; entries that an edit made untrue are passed over."""
        found: list[int] = []
        while heap and len(found) < SLICE and heap[0][0] < before:
            version, number = heappop(heap)
            name = self._names.get(number)
            row = None if name is None else self._rows[name]
            if row is None or row.version != version or number in found:
                continue
            if (row.kept is not None) == with_sketch:
                found.append(number)
        return found


def _kept(article: str, story: str, time: int, fingerprint: Fingerprint, gist: Gist) -> Kept:
    return Kept(article, story, time, lambda: fingerprint, lambda: gist)
