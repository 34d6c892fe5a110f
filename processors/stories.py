"""Which story an article belongs to: pure decisions on the article and on what is remembered, for `group` and for a stream.

An article joins, in this order: the story that it is in already, where it is an edit; that of an article that it repeats word
for word; that of an article that it is a copy of; that of the story that it is most like, where this is likely enough. Else it
opens one. All lookups are bounded, so that an article costs the same however many others share its words.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Final, NamedTuple, Protocol

from marsad.annotation import AnnotatedArticle, Membership
from marsad.arabic.tokens import terms
from processors.fingerprint import SHORT, Fingerprint, fingerprint, hash_of, similarity
from processors.gist import Reading, read
from processors.likeness import DAY_MS, Counts, Gist, Likeness, likeness, weigh

SIMILARITY: Final = 0.6
"""Least share of word sequences that makes a copy."""
LIKELINESS: Final = 0.85
"""Least probability that joins what is no copy."""
WINDOW_MS: Final = 72 * 3600 * 1000
"""How far apart in time two articles of one story may be."""
REPEAT_MS: Final = 14 * DAY_MS
"""How far apart an article and its repetition word for word may be: outlets print old articles again."""
CANDIDATES: Final = 20
"""Most articles that are compared as copies."""
BEARERS: Final = 200
"""Of the articles that have a hash or a word, so many, the last, are looked at: an outlet's closing line is in thousands."""
WORD_BEARERS: Final = 1500
"""No further word is looked up, the weightiest being first, once so many articles with one were found."""
LIKE_ARTICLES: Final = 24
"""Most articles whose stories are considered as like."""
LIKE_STORIES: Final = 8
"""Most stories that an article is compared with."""
MEMBERS: Final = 8
"""Most articles of a story that an article is compared with: its founder and the last."""
SHARED_WORDS: Final = 6
"""Most words that are named as the reason."""
WINDOWS_KEPT: Final = 2
"""For how many windows after its fetch an article may be joined: one, and another for articles that are fetched late."""
ARTICLE_KEPT_MS: Final = 90 * DAY_MS
"""How long an article's story is remembered, so that a late edit stays in it."""
SLICE: Final = 20
"""Most articles that one article's turn prunes."""


class Rules(NamedTuple):
    """What operators may turn."""

    similarity: float = SIMILARITY
    likeness: float = LIKELINESS
    window_ms: int = WINDOW_MS


class StoryData(NamedTuple):
    """What deciding needs to know of one version of an article."""

    article: str
    version: int
    time: int
    fingerprint: Fingerprint
    whole: int | None
    """Hash of title and text; None where they are so short that outlets write them anew each day."""
    reading: Reading


class Kept:
    """What is remembered of an article inside the window; fingerprint and gist are unpacked when they are first asked for."""

    def __init__(
        self, article: str, story: str, time: int, fingerprint: Callable[[], Fingerprint], gist: Callable[[], Gist]
    ) -> None:
        self.article = article
        self.story = story
        self.time = time
        self._fingerprint = fingerprint
        self._gist = gist

    @cached_property
    def fingerprint(self) -> Fingerprint:
        """Its word sequences, by which copies are known."""
        return self._fingerprint()

    @cached_property
    def gist(self) -> Gist:
        """What it tells, by which reports of one happening are known."""
        return self._gist()


class Decision(NamedTuple):
    """The story of an article, and what is to be remembered for those that come later."""

    membership: Membership
    gist: Gist | None
    """None: it is not compared with later articles, since it tells nothing that was not told before the window."""


class Memory(Protocol):
    """What has been decided before; `stories` asks, and each adapter remembers and forgets by the same rules.

    Articles have numbers in order of arrival. Articles whose sketch was forgotten, or never kept, are none of these.
    """

    def known(self, article: str) -> tuple[int, str] | None:
        """Version and story of an article."""

    def repeated(self, whole: int, first: int, last: int) -> tuple[str, str, int] | None:
        """Article, story and time of the last that came with this hash of title and text and a time in this range."""

    def counts(self, words: Sequence[int]) -> Counts:
        """How many articles are compared with, and how many have each of these words among the indexed."""

    def bearers(self, key: int, first: int, last: int) -> Iterable[int]:
        """Numbers of the last BEARERS articles with an indexed hash or word, those with a time in this range."""

    def kept(self, number: int) -> Kept:
        """The article with that number."""

    def members(self, story: str, first: int, last: int) -> list[Kept]:
        """Of a story's first MEMBERS articles the first, and of the last MEMBERS - 1 all, with a time in this range, in order."""


def story_data(annotated: AnnotatedArticle) -> StoryData:
    """What deciding needs of an article: its text, or its title where it has no text."""
    article = annotated.article
    title, body = terms(article.title), terms(article.text)
    words = title + body
    return StoryData(
        article=article.id,
        version=article.version,
        time=article.time,
        fingerprint=fingerprint(body or title),
        whole=hash_of(words) if len(words) >= SHORT else None,
        reading=read(annotated),
    )


def decide(data: StoryData, memory: Memory, rules: Rules) -> Decision | None:
    """The story of an article; None for a version that is no newer than the one known."""
    known = memory.known(data.article)
    if known is not None and known[0] >= data.version:
        return None
    gist = weigh(data.reading, memory.counts([word.key for word in data.reading.words]))
    if known is not None:
        return Decision(Membership(story=known[1], relation="edit"), gist)
    return (
        _repeat(data, gist, memory, rules)
        or _copy(data, gist, memory, rules)
        or _like(data, gist, memory, rules)
        or Decision(Membership(story=data.article, relation="new"), gist)
    )


def _repeat(data: StoryData, gist: Gist, memory: Memory, rules: Rules) -> Decision | None:
    if data.whole is None:
        return None
    reach = max(REPEAT_MS, rules.window_ms)
    found = memory.repeated(data.whole, data.time - reach, data.time + reach)
    if found is None:
        return None
    article, story, time = found
    joined = Membership(story=story, relation="joined", how="repeat", nearest=article, similarity=1.0)
    return Decision(joined, gist if abs(data.time - time) <= rules.window_ms else None)


def _copy(data: StoryData, gist: Gist, memory: Memory, rules: Rules) -> Decision | None:
    weights = dict.fromkeys(data.fingerprint.indexed, 1)
    best: Kept | None = None
    highest = 0.0
    for number in _candidates(weights, data, memory, rules)[:CANDIDATES]:
        candidate = memory.kept(number)
        # A round-up that repeats a report is no copy of it.
        if candidate.gist.roundup == gist.roundup:
            share = similarity(data.fingerprint, candidate.fingerprint)
            if share > highest:
                best, highest = candidate, share
    if best is None or highest < rules.similarity:
        return None
    joined = Membership(
        story=best.story, relation="joined", how="copy", nearest=best.article, similarity=round(highest, 3)
    )
    return Decision(joined, gist)


def _like(data: StoryData, gist: Gist, memory: Memory, rules: Rules) -> Decision | None:
    if gist.roundup:
        return None
    weights = {key: gist.weights[key] for key in gist.indexed}
    numbers = _candidates(weights, data, memory, rules, most=WORD_BEARERS)[:LIKE_ARTICLES]
    stories = list(dict.fromkeys(memory.kept(number).story for number in numbers))[:LIKE_STORIES]
    best: tuple[Likeness, list[Kept]] | None = None
    for story in stories:
        found = memory.members(story, data.time - rules.window_ms, data.time + rules.window_ms)
        members = [member for member in found if not member.gist.roundup]
        if members:
            apart = min(abs(data.time - member.time) for member in members)
            like = likeness(gist, [member.gist for member in members], apart)
            if best is None or like.probability > best[0].probability:
                best = like, members
    if best is None or best[0].probability < rules.likeness:
        return None
    like, members = best
    nearest = members[like.nearest]
    joined = Membership(
        story=nearest.story,
        relation="joined",
        how="likeness",
        nearest=nearest.article,
        similarity=round(like.probability, 3),
        shared=_surfaces(like.shared, data.reading),
    )
    return Decision(joined, gist)


def _surfaces(keys: Sequence[int], reading: Reading) -> tuple[str, ...]:
    written = {word.key: word.surface for word in reading.words}
    return tuple(written[key] for key in keys[:SHARED_WORDS])


def _candidates(
    weights: Mapping[int, int], data: StoryData, memory: Memory, rules: Rules, *, most: int | None = None
) -> list[int]:
    """The articles inside the window by the weight of the hashes or words they share, of equals the first that came."""
    shared: Counter[int] = Counter()
    found = 0
    for key, weight in weights.items():
        if most is not None and found >= most:
            break
        for number in memory.bearers(key, data.time - rules.window_ms, data.time + rules.window_ms):
            shared[number] += weight
            found += 1
    return sorted(shared, key=lambda number: (-shared[number], number))
