"""How likely it is that an article tells what a story tells: features of its words, weighed by `likeness.toml`.

An article is compared with single articles of the story and never with a centroid, which drifts as a story grows.
"""

import math
import tomllib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from importlib import resources
from typing import Final, NamedTuple

import msgspec

from processors.gist import LEAD_KIND, Reading

PRIOR_ARTICLES: Final = 1000
"""How many articles seen the word frequencies that ship are worth, beside what is counted in the window."""
BACKGROUND: Final = 0.3
"""What a word in background weighs beside one in the article's own news."""
STEEPNESS: Final = 1.5
"""Exponent by which rare words weigh more than usual ones."""
WORDS: Final = 160
"""Most words that a gist keeps, the weightiest."""
INDEXED: Final = 24
"""Of its own words so many, the weightiest, are looked up to find stories."""
RARE: Final = 4.0
"""Negative logarithm of the share of articles from which on a shared word counts as rare."""
FITTED: Final = 45
"""Fewest words of a gist that the weights were fitted on, but for a few: of shorter texts they say little."""
RAREST: Final = 8
"""So many of the rarest shared words are counted."""
UNKNOWN_KINDS: Final = 0.3
"""Agreement in kinds where one side tells none that is known."""
DAY_MS: Final = 24 * 3600 * 1000


class Gist(msgspec.Struct, frozen=True, array_like=True):
    """What is kept of what an article tells."""

    weights: dict[int, int]
    """For the key of each word its weight in hundredths; below 0 where it stands in background only. In falling order of weight."""
    kinds: dict[str, float]
    another: bool
    roundup: bool
    places: tuple[str, ...] = ()
    doers: tuple[str, ...] = ()
    norm: float = 0.0
    """Euclidean length of the weights."""

    @property
    def indexed(self) -> tuple[int, ...]:
        """The words by which another article finds this one."""
        return tuple(key for key, weight in self.weights.items() if weight > 0)[:INDEXED]


class Counts(NamedTuple):
    """How many articles are in the window, and in how many of them words were among the weightiest."""

    articles: int
    words: Mapping[int, int]


class Likeness(NamedTuple):
    """How an article compares with a story."""

    probability: float
    nearest: int
    """Which of the members is most like it."""
    shared: tuple[int, ...]
    """The keys of the weightiest words that it shares with the nearest."""


class Features(NamedTuple):
    """What an article and a story are compared by."""

    alike: float
    """Mean cosine of the article with the members."""
    kinds: float
    """Agreement of the kinds of happenings they tell, 0 to 1."""
    another: float
    """1 where the article says that its happening is another one, and the story's founder did not."""
    rare: float
    """How many rare words of its news stand in theirs, and how rare: the logarithm of 1 more than their excess over RARE."""
    days: float
    """Days between the article and the member nearest in time."""
    covered: float
    """Share of the article's weight in words that stand in the news of any member."""
    turns: float
    """How many kinds its title or first sentence tells that no member tells: an arrest after an attack, a funeral."""
    elsewhere: float
    """1 where both name places, and none that the other names."""
    size: float
    """Logarithm of the number of members: the more they are, the likelier a word is shared by chance."""


class Weights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The weight of each feature in the logarithm of the odds."""

    bias: float
    features: dict[str, float]


def weigh(reading: Reading, counts: Counts) -> Gist:
    """The gist of an article, by how rare its words are in the window and in Arabic."""
    weights = {}
    for word in reading.words:
        seen = counts.words.get(word.key, 0) + PRIOR_ARTICLES * word.share
        rarity = max(0.0, -math.log(seen / (counts.articles + PRIOR_ARTICLES)))
        weight = round(100 * rarity**STEEPNESS * (1.0 if word.own else -BACKGROUND))
        if weight:
            weights[word.key] = weight
    kept = sorted(weights.items(), key=lambda item: (-abs(item[1]), item[0]))[:WORDS]
    return Gist(
        weights=dict(kept),
        kinds=reading.kinds,
        another=reading.another,
        roundup=reading.roundup,
        places=reading.places,
        doers=reading.doers,
        norm=math.sqrt(sum(weight * weight for _, weight in kept)),
    )


def likeness(article: Gist, members: Sequence[Gist], apart_ms: int) -> Likeness:
    """How likely the article belongs to the story of these members, the first being its founder.

    `apart_ms` is the time between the article and the member nearest in time.
    """
    cosines = [cosine(article, member) for member in members]
    weights = shipped()
    compared = compare(article, members, apart_ms, cosines)._asdict()
    score = weights.bias + sum(weights.features[name] * value for name, value in compared.items())
    if contradicted(article, members) or min(len(it.weights) for it in (article, *members)) < FITTED:
        score = -math.inf
    nearest = max(range(len(members)), key=lambda at: (cosines[at], -at))
    near = members[nearest].weights
    shared = tuple(key for key, weight in article.weights.items() if weight > 0 and near.get(key, 0) > 0)
    return Likeness(1 / (1 + math.exp(-max(-50.0, min(50.0, score)))), nearest, shared)


def compare(article: Gist, members: Sequence[Gist], apart_ms: int, cosines: Sequence[float]) -> Features:
    """The features of an article beside a story; `cosines` are those of the article with each member."""
    own = {key for member in members for key, weight in member.weights.items() if weight > 0}
    common = [abs(weight) for key, weight in article.weights.items() if key in own]
    # Only the article's own words tell that it has news of the story.
    rarities = (rarity(weight) for key, weight in article.weights.items() if weight > 0 and key in own)
    rare = sum(max(0.0, it - RARE) for it in sorted(rarities, reverse=True)[:RAREST])
    kinds: Counter[str] = Counter()
    for member in members:
        kinds.update(member.kinds)
    return Features(
        alike=sum(cosines) / len(cosines),
        kinds=_agreement(article.kinds, kinds),
        another=float(article.another and not members[0].another),
        rare=math.log1p(rare),
        days=apart_ms / DAY_MS,
        covered=sum(common) / max(1, sum(map(abs, article.weights.values()))),
        turns=float(sum(weight >= LEAD_KIND and kind not in kinds for kind, weight in article.kinds.items())),
        elsewhere=float(_apart(article.places, {place for member in members for place in member.places})),
        size=math.log(len(members)),
    )


def contradicted(article: Gist, members: Sequence[Gist]) -> bool:
    """Whether an article tells of another place than every member, and of others who did the same there."""
    if not _apart(article.places, {place for member in members for place in member.places}):
        return False
    theirs = {doer for member in members for doer in member.doers}
    types = {doer.split(" ", 1)[0] for doer in theirs}
    return _apart([doer for doer in article.doers if doer.split(" ", 1)[0] in types], theirs)


def _apart(one: Collection[str], other: Collection[str]) -> bool:
    return bool(one) and bool(other) and set(one).isdisjoint(other)


def rarity(weight: int) -> float:
    """Negative logarithm of the share of articles that have a word with this weight, where it is the article's own."""
    return float((weight / 100) ** (1 / STEEPNESS))


def cosine(one: Gist, other: Gist) -> float:
    """How alike two articles are, 0 to 1."""
    less, more = sorted((one.weights, other.weights), key=len)
    dot = sum(abs(weight * more[key]) for key, weight in less.items() if key in more)
    return dot / (one.norm * other.norm) if dot else 0.0


def _agreement(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    if not one or not other:
        return UNKNOWN_KINDS
    dot = sum(weight * other.get(kind, 0.0) for kind, weight in one.items())
    norms = sum(weight * weight for weight in one.values()) * sum(weight * weight for weight in other.values())
    return dot / math.sqrt(norms)


@lru_cache(maxsize=1)
def shipped() -> Weights:
    """The weights that ship with marsad."""
    text = resources.files("processors").joinpath("likeness.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), Weights)
