"""What an article tells, as words with their place in it: a pure function of the article, read before grouping.

Of the text only the beginning is read, where news says what happened, so that a text of any length costs the same. Words are
told apart into the article's own news and its background («بعد يوم من هجوم آخر …»), which names other happenings.
"""

import math
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple
from zlib import crc32

from marsad.annotation import AnnotatedArticle, Entity
from marsad.arabic.letters import normal_form
from marsad.arabic.tokens import terms
from marsad.article import Article
from processors.frequencies import Frequencies, frequencies
from processors.tables import forms, rows

READ_CHARS: Final = 2000
"""So much of the text is read, behind the title."""
TYPICAL_WORDS: Final = 100
"""Words in the part that is read, for turning a word's frequency into a share of articles."""
RAREST: Final = 2e-4
"""Share of articles that a word is taken to be in at least."""
LEAD_CHARS: Final = 250
"""So much of the text, behind the title, says where it happened; further on other places are named beside it."""
NAMES_KEPT: Final = 12
"""Most places, and most doers, that are kept."""
LEAD_KIND, BODY_KIND = 0.8, 0.4
"""What a kind told in the first sentence, or later, weighs beside one in the title, which weighs 1."""
NUMBERED_ITEMS: Final = 3
"""So many numbered sentences make a round-up."""
_SENTENCE_END: Final = re.compile(r"[.!?؟…]+(?=[\s«\"]|$)|\n")
_ITEM: Final = re.compile(r"(?:^|[.:\n])\s*\d{1,2}\s*[.\-)–]\s")
_NUMBER_SHARES: Final = {1: math.exp(-2.5), 2: math.exp(-4.0), 3: math.exp(-6.0)}
"""Share of articles with a number of so many digits; longer ones are as rare as the longest, and a year is a small number."""
_YEARS: Final = ("19", "20")


class Word(NamedTuple):
    """A word of an article, known by its stem."""

    key: int
    """32 bits of its stem: equal stems, equal keys."""
    surface: str
    """The first form of it that stands there, in normal form."""
    share: float
    """The share of articles that have it, as word frequencies say."""
    own: bool
    """It stands in the article's own news, not only in background."""


class Reading(NamedTuple):
    """What was read of an article."""

    words: tuple[Word, ...]
    kinds: dict[str, float]
    """The kinds of happenings it tells, each with a weight up to 1."""
    another: bool
    """It says that its happening is another one beside an earlier one: «ثاني هجوم», «ضربة منفصلة»."""
    roundup: bool
    """It tells several happenings."""
    places: tuple[str, ...] = ()
    """The places that its title and first lines name, states excepted: ids in the catalogue, or names in normal form."""
    doers: tuple[str, ...] = ()
    """Who did what it tells: «TYPE who» for each named actor of its events."""


def read(annotated: AnnotatedArticle) -> Reading:
    """What an article tells."""
    article = annotated.article
    cues, known = _cues(), frequencies()
    own_name = {known.stem(term) for term in terms(article.outlet)}
    words: dict[str, Word] = {}
    kinds: dict[str, float] = {}
    another = False
    for place, sentence in enumerate(_sentences(article, cues)):
        cut = background_at(sentence)
        another |= tells_another(sentence)  # in background too: there the earlier happening is told apart
        weight = (1.0, LEAD_KIND)[place] if place < 2 else BODY_KIND  # noqa: PLR2004 - title, lead, the rest
        for at, term in enumerate(sentence):
            numeral = cues.numbers.get(term, term)
            stem = known.stem(numeral)
            if at < cut:
                kinds.update({kind: weight for kind in cues.kinds.get(stem, ()) if kinds.get(kind, 0.0) < weight})
            if term in cues.calendar or stem in own_name or (len(numeral) < 2 and not numeral.isdigit()):  # noqa: PLR2004 - one digit says nothing
                continue
            former = words.get(stem)
            if former is None:
                words[stem] = Word(crc32(stem.encode()), term, _share(stem, known), own=at < cut)
            elif at < cut and not former.own:
                words[stem] = former._replace(own=True)
    return Reading(
        tuple(words.values()),
        kinds,
        another,
        is_roundup(article),
        tuple(_places(annotated)),
        tuple(_doers(annotated)),
    )


def _places(annotated: AnnotatedArticle) -> list[str]:
    end = len(annotated.article.title) + LEAD_CHARS
    found = {
        named(entity): None
        for entity in annotated.entities
        if entity.type == "LOC" and entity.kind != "state" and entity.mentions[0].start < end
    }
    return list(found)[:NAMES_KEPT]


def _doers(annotated: AnnotatedArticle) -> list[str]:
    entities = {entity.id: entity for entity in annotated.entities}
    found = {
        f"{event.type} {named(entities[actor])}": None
        for event in annotated.events
        if event.reality == "actual"
        for actor in event.actors
        if actor in entities
    }
    return list(found)[:NAMES_KEPT]


def named(entity: Entity) -> str:
    """By what an entity is the same in two articles: its id in the catalogue, or its name in normal form."""
    return entity.actor or normal_form(entity.name)


def _sentences(article: Article, cues: "_Cues") -> Iterator[list[str]]:
    """The words of the title, and of each sentence that is not an outlet's closing line."""
    yield terms(article.title)
    for sentence in _SENTENCE_END.split(article.text[:READ_CHARS]):
        found = terms(sentence)
        line = f" {' '.join(found)} "
        if found and not any(f" {phrase} " in line for phrase in cues.closing):
            yield found


def _share(stem: str, known: Frequencies) -> float:
    if stem.isdigit():
        digits = 1 if len(stem) == len("2026") and stem.startswith(_YEARS) else min(len(stem), max(_NUMBER_SHARES))
        return _NUMBER_SHARES[digits]
    return max(RAREST, 1 - math.exp(-TYPICAL_WORDS * known.of(stem) / 1e9))


def background_at(sentence: Sequence[str]) -> int:
    """From which word on a sentence tells background; its length where none of it does."""
    cues = _cues()
    for at, term in enumerate(sentence):
        following = sentence[at + 1] if at + 1 < len(sentence) else ""
        if term in cues.words["eve"] or (at == 0 and term in cues.words["was"]):
            return at
        if following in cues.words["units"]:
            if term in {"بعد", "عقب"} and at + 2 < len(sentence) and sentence[at + 2] in {"من", "علي"}:
                return at
            if term == "قبل":
                return at
    return len(sentence)


def tells_another(sentence: Sequence[str]) -> bool:
    """Whether a sentence says that a happening is another one of its kind."""
    cues = _cues()
    words = cues.words

    def counted(word: str) -> bool:
        return bool(cues.counted & cues.kinds.get(frequencies().stem(word), frozenset()))

    for at, term in enumerate(sentence):
        before = sentence[at - 1] if at else ""
        behind = sentence[at + 1] if at + 1 < len(sentence) else ""
        if term in words["separate"] or (term in words["other"] and counted(before)):
            return True
        if term in words["ordinal"] and before not in words["counted"] and behind not in words["counted"]:
            if counted(before) or counted(behind) or before in {"هو", "هي"}:
                return True
            if behind in words["series"]:
                return True
    return False


def is_roundup(article: Article) -> bool:
    """Whether an article tells several happenings: by its title, by numbered items, or «أولا … ثانيا … ثالثا»."""
    cues = _cues()
    title, body = terms(article.title), article.text[:READ_CHARS]
    return (
        not cues.words["roundup"].isdisjoint(title)
        or any(f" {phrase} " in f" {' '.join(title)} " for phrase in cues.words["digest"])
        or len(_ITEM.findall(body)) >= NUMBERED_ITEMS
        or cues.words["listing"] <= set(terms(body))
    )


class _Cues(NamedTuple):
    words: dict[str, frozenset[str]]
    closing: tuple[str, ...]
    numbers: dict[str, str]
    kinds: dict[str, frozenset[str]]
    """The kinds that a stem tells."""
    counted: frozenset[str]

    @property
    def calendar(self) -> frozenset[str]:
        return self.words["calendar"]


@lru_cache(maxsize=1)
def _cues() -> _Cues:
    words = {cue: forms(cell) for cue, cell in rows("processors", "cues.tsv")}
    kinds: dict[str, frozenset[str]] = {}
    counted = set()
    for kind, is_counted, cell in rows("processors", "kinds.tsv"):
        if is_counted == "yes":
            counted.add(kind)
        for form in forms(cell):
            stem = frequencies().stem(form)
            kinds[stem] = kinds.get(stem, frozenset()) | {kind}
    return _Cues(
        words={cue: frozenset(found) for cue, found in words.items()},
        closing=tuple(words["closing"]),
        numbers={form: cue for cue, found in words.items() if cue.isdigit() for form in found},
        kinds=kinds,
        counted=frozenset(counted),
    )
