"""Which articles are copies of one report: pure functions of texts and of what is known, for `group` and for a stream.

A text's fingerprint is the set of its three-word sequences in normal form, each hashed, of which a long text keeps the smallest
hashes. Two texts are compared by the share of the shorter one's sequences that both have, so that a lead-in, a by-line or a
cut end does not part copies. Texts of a few words are copies only where they are equal.
"""

from array import array
from bisect import bisect_right, insort
from collections import Counter
from collections.abc import Iterable
from hashlib import blake2b
from typing import Final, NamedTuple

from marsad.annotation import Membership
from marsad.arabic.tokens import terms
from marsad.article import Article

THRESHOLD: Final = 0.6
"""Least similarity of two texts of one story."""
WINDOW_MS: Final = 72 * 3600 * 1000
"""How far apart in time two articles of one story may be."""
SHINGLE: Final = 3
"""Words in a sequence."""
SHORT: Final = 12
"""Texts of fewer words join only when they are equal."""
SKETCH: Final = 256
"""Most hashes that a fingerprint keeps."""
INDEXED: Final = 64
"""Of these so many, the smallest, are looked up to find candidates."""
CANDIDATES: Final = 20
"""Most candidates that are compared."""
BEARERS: Final = 200
"""Of the articles that have a hash, so many, the last, are looked at: an outlet's closing line is in thousands."""


class Fingerprint(NamedTuple):
    """What is kept of a text: hashes in rising order.

    `cut` says that the text had more of them, `short` that it is one hash of the whole text.
    """

    hashes: tuple[int, ...]
    cut: bool = False
    short: bool = False

    @property
    def indexed(self) -> tuple[int, ...]:
        """The hashes by which another text finds this one."""
        return self.hashes[:INDEXED]

    def pack(self) -> bytes:
        """As bytes: one for the flags, then eight for each hash."""
        return bytes([self.cut + 2 * self.short]) + array("q", self.hashes).tobytes()

    @classmethod
    def unpack(cls, data: bytes) -> "Fingerprint":
        """The fingerprint that was packed, on a machine of the same byte order."""
        hashes = array("q")
        hashes.frombytes(data[1:])
        return cls(tuple(hashes), cut=bool(data[0] & 1), short=bool(data[0] & 2))


class StoryData(NamedTuple):
    """What deciding needs to know of one version of an article."""

    article: str
    version: int
    time: int
    fingerprint: Fingerprint


class Known(NamedTuple):
    """An article that was decided before."""

    article: str
    story: str
    fingerprint: Fingerprint


def fingerprint(text: str) -> Fingerprint:
    """The fingerprint of a text; equal in normal form means equal, today and on every machine."""
    words = terms(text)
    if len(words) < SHORT:
        return Fingerprint((_hash(words),), short=True)
    hashes = sorted({_hash(words[at : at + SHINGLE]) for at in range(len(words) - SHINGLE + 1)})
    return Fingerprint(tuple(hashes[:SKETCH]), cut=len(hashes) > SKETCH)


def _hash(words: list[str]) -> int:
    return int.from_bytes(blake2b(" ".join(words).encode(), digest_size=8).digest(), "big", signed=True)


def story_data(article: Article) -> StoryData:
    """What deciding needs of an article: its text, or its title where it has no text."""
    return StoryData(article.id, article.version, article.time, fingerprint(article.text.strip() or article.title))


def similarity(one: Fingerprint, other: Fingerprint) -> float:
    """Share of the shorter text's word sequences that both have, 0 to 1; estimated from the smallest hashes of long texts."""
    if one.short or other.short:
        return float(one == other)
    ends = [it.hashes[-1] for it in (one, other) if it.cut]
    if not ends:
        least, common = min(len(one.hashes), len(other.hashes)), set(one.hashes) & set(other.hashes)
    else:
        # Only hashes up to the smaller of the two cuts say something about both texts.
        sizes = [bisect_right(it.hashes, min(ends)) for it in (one, other)]
        least, common = min(sizes), set(one.hashes[: sizes[0]]) & set(other.hashes[: sizes[1]])
    return len(common) / least if least else 0.0


def decide(data: StoryData, candidates: Iterable[Known], threshold: float) -> Membership:
    """The story of an article that is not known yet: that of the most similar candidate, of equals the first, or its own."""
    best: Known | None = None
    highest = 0.0
    for candidate in candidates:
        share = similarity(data.fingerprint, candidate.fingerprint)
        if share > highest:
            best, highest = candidate, share
    if best is None or highest < threshold:
        return Membership(story=data.article, relation="new")
    return Membership(story=best.story, relation="joined", nearest=best.article, similarity=round(highest, 3))


class StoryStream:
    """Groups a stream of articles in memory, by the rules of `GroupStage`."""

    def __init__(self, *, threshold: float = THRESHOLD, window_ms: int = WINDOW_MS) -> None:
        self._threshold = threshold
        self._window = window_ms
        self._known: dict[str, tuple[StoryData, str, int]] = {}
        self._names: list[str] = []
        self._by_hash: dict[int, list[int]] = {}

    def add(self, data: StoryData) -> Membership | None:
        """The membership of the next article; None for a version that is no newer than the one known."""
        known = self._known.get(data.article)
        if known is None:
            membership = decide(data, self._candidates(data), self._threshold)
            number = len(self._names)
            self._names.append(data.article)
        else:
            former, story, number = known
            if former.version >= data.version:
                return None
            membership = Membership(story=story, relation="edit")
            for value in former.fingerprint.indexed:
                self._by_hash[value].remove(number)
        self._known[data.article] = (data, membership.story, number)
        for value in data.fingerprint.indexed:
            insort(self._by_hash.setdefault(value, []), number)
        return membership

    def _candidates(self, data: StoryData) -> list[Known]:
        """The articles inside the window that share the most indexed hashes, then the first that came."""
        shared = Counter(
            number
            for value in data.fingerprint.indexed
            for number in self._by_hash.get(value, [])[-BEARERS:]
            if abs(self._known[self._names[number]][0].time - data.time) <= self._window
        )
        nearest = sorted(shared, key=lambda number: (-shared[number], number))[:CANDIDATES]
        known = [self._known[self._names[number]] for number in nearest]
        return [Known(former.article, story, former.fingerprint) for former, story, _ in known]
