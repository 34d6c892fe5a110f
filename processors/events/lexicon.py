"""The words of the coder, read from the tables beside it: people, numbers, modes, states, and words by class."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias, cast

from marsad.arabic.clitics import stems
from marsad.arabic.tokens import WORDS_REMEMBERED
from processors.tables import forms, rows

_HERE = __package__ or "processors.events"
Role: TypeAlias = Literal["anyone", "sector", "member", "leader", "body"]


class Cue(NamedTuple):
    """An expression that tells the mode of a type: its place in the table, and the words behind its first."""

    order: int
    type: str
    mode: str
    rest: tuple[str, ...]


class PeopleWord(NamedTuple):
    """What one common noun says of people; `number` is 1 for a singular, 2 for a dual that is nothing else."""

    code: str
    role: Role
    number: int | None
    feminine: bool


def _people() -> dict[str, PeopleWord]:
    found: dict[str, PeopleWord] = {}
    for code, role, singular, dual, plural in rows(_HERE, "nouns.tsv"):
        for cell, count in ((singular, None if role == "body" else 1), (dual, 2), (plural, None)):
            for form in forms(cell):
                feminine = form.endswith(("ه", "ات")) or form in ("نساء", "سلطات")
                entry = PeopleWord(code, cast("Role", role), count, feminine)
                for variant in _variants(form, singular=cell is singular):
                    found.setdefault(variant, entry)
    return found


def _variants(form: str, *, singular: bool) -> tuple[str, ...]:
    """The form, its accusative where it is a singular, its construct where it is a sound plural or a dual."""
    if singular:
        return (form,) if form.endswith("ه") else (form, form + "ا")
    return (form, form[:-1]) if form.endswith(("ين", "ون", "ان")) else (form,)


def _modes() -> dict[str, list[Cue]]:
    found: dict[str, list[Cue]] = {}
    for order, (kind, mode, words) in enumerate(rows(_HERE, "modes.tsv")):
        for expression in forms(words):
            first, *rest = expression.split()
            found.setdefault(first, []).append(Cue(order, kind, mode, tuple(rest)))
    return found


def _states() -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """The first name of a state by any of its names, by its adjectives, and by its capital."""
    names: dict[str, str] = {}
    adjectives: dict[str, str] = {}
    capitals: dict[str, str] = {}
    for named, adjective_cell, capital_cell in rows(_HERE, "states.tsv"):
        known = forms(named)
        names.update(dict.fromkeys(known, known[0]))
        for word in forms(adjective_cell) if adjective_cell != "-" else ():
            first, *rest = word.split()
            for ending in ("", "ه", "ين", "ون", "تين", "ان"):
                adjectives.setdefault(" ".join((first + ending, *(f"{it}{ending}" for it in rest))), known[0])
        if capital_cell != "-":
            capitals.update(dict.fromkeys(forms(capital_cell), known[0]))
    return names, adjectives, capitals


PEOPLE: Mapping[str, PeopleWord] = _people()
NUMBERS: Mapping[str, int] = {form: int(value) for value, words in rows(_HERE, "numbers.tsv") for form in forms(words)}
WORDS: Mapping[str, frozenset[str]] = {name: frozenset(forms(words)) for name, words in rows(_HERE, "words.tsv")}
_CLASSES: Mapping[str, frozenset[str]] = {
    form: frozenset(name for name, words in WORDS.items() if form in words) for form in set().union(*WORDS.values())
}
MODES: Mapping[str, Sequence[Cue]] = _modes()
STATES, _ADJECTIVES, CAPITALS = _states()
DEFAULTS: Mapping[tuple[str, str], tuple[str, str]] = {
    (kind, mode): (actor, recipient) for kind, mode, actor, recipient in rows(_HERE, "defaults.tsv")
}
_COUNT_FIRST = frozenset({"ما", "علي", *(form.split()[0] for form in NUMBERS)})
_PRONOUNS = ("ها", "هم", "ه")
_ARTICLE = ("ال", "لل")


class People(NamedTuple):
    """A noun for people as one token writes it."""

    word: PeopleWord
    proclitics: str
    own: bool
    """A pronoun is attached: «مقاتليها»."""


@lru_cache(WORDS_REMEMBERED)
def people(token: str) -> People | None:
    """The noun for people that a token is, with or without article and proclitics."""
    for stem in stems(token):
        word = PEOPLE.get(stem.text)
        if word is not None:
            return People(word, token[: stem.skip], own=False)
    for stem in stems(token):
        for pronoun in _PRONOUNS:
            base = stem.text.removesuffix(pronoun)
            word = PEOPLE.get(base) or PEOPLE.get(f"{base.removesuffix('ت')}ه")
            if word is not None and base != stem.text:
                return People(word, token[: stem.skip], own=True)
    return None


@lru_cache(WORDS_REMEMBERED)
def number(token: str) -> int | None:
    """The number that a token is, in digits or as a word; a conjunction may be attached."""
    if token.isdecimal():
        return int(token) if len(token) <= 6 else None  # noqa: PLR2004 - a longer one counts no people
    return NUMBERS.get(token) or (NUMBERS.get(token[1:]) if token[:1] in ("و", "ف", "ل", "ب") else None)


@lru_cache(WORDS_REMEMBERED)
def nation(token: str, following: str = "") -> str | None:
    """The first name of the state whose adjective a token is; «كوري» says it only with «شمالي» behind."""
    bare = token.removeprefix("ال")
    both = f"{bare} {following.removeprefix('ال')}"
    return _ADJECTIVES.get(both) or _ADJECTIVES.get(bare)


@lru_cache(WORDS_REMEMBERED)
def classes(token: str) -> frozenset[str]:
    """The classes of words.tsv that a token belongs to, as it stands or with proclitics or the article."""
    return frozenset(name for text in (token, *(stem.text for stem in stems(token))) for name in _CLASSES.get(text, ()))


def is_word(name: str, token: str) -> bool:
    """Whether a token is a word of that class, as it stands or with proclitics or the article."""
    return name in classes(token)


def definite(token: str) -> bool:
    """Whether a token is written with the article."""
    return token.startswith(_ARTICLE) or token[1:].startswith(_ARTICLE)


@lru_cache(WORDS_REMEMBERED)
def may_count(token: str) -> bool:
    """Whether words of number and measure may begin with that token."""
    return number(token) is not None or is_word("quantity", token) or token in _COUNT_FIRST


@lru_cache(WORDS_REMEMBERED)
def may_be_people(token: str) -> bool:
    """Whether a phrase that names people without a name may begin with that token."""
    return may_count(token) or people(token) is not None or is_word("group", token)


def proclitics_of(word: str) -> str:
    """What is attached before «تنظيم», «عدد من», «ثلاثة»: the shortest reading of it."""
    if word[:1] in ("و", "ف", "ب", "ل", "ك") and (number(word[1:]) is not None or _measures(word[1:])):
        return word[:1]
    return ""


def _measures(word: str) -> bool:
    return any(word.removeprefix("ال") in WORDS[name] for name in ("quantity", "group"))
