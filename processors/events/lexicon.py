"""The words of the coder, read from the tables beside it: triggers, people, numbers, modes, and words by class."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias, cast

from marsad.annotation import EventType
from marsad.arabic.clitics import stems
from processors.tables import forms, rows

_HERE = __package__ or "processors.events"
Construction: TypeAlias = Literal["verb", "active", "passive", "noun", "suffix", "over", "fatal", "toll"]
Role: TypeAlias = Literal["anyone", "sector", "member", "leader", "body"]


class TriggerWord(NamedTuple):
    """What one form states; see triggers.tsv."""

    construction: Construction
    type: EventType
    mode: str | None
    needs_victim: bool


class PeopleWord(NamedTuple):
    """What one common noun says of people; `number` is 1 for a singular, 2 for a dual that is nothing else."""

    code: str
    role: Role
    number: int | None
    feminine: bool


def _triggers() -> dict[str, tuple[TriggerWord, ...]]:
    found: dict[str, tuple[TriggerWord, ...]] = {}
    for construction, kind, mode, victim, words in rows(_HERE, "triggers.tsv"):
        entry = TriggerWord(
            cast("Construction", construction),
            cast("EventType", kind),
            None if mode == "-" else mode,
            victim == "needed",
        )
        for form in forms(words):
            found[form] = (*found.get(form, ()), entry)
    return found


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


def _modes() -> dict[str, list[tuple[int, str, tuple[str, ...]]]]:
    """By its first word each expression: its order in the table, its mode, its other words."""
    found: dict[str, list[tuple[int, str, tuple[str, ...]]]] = {}
    for order, (mode, words) in enumerate(rows(_HERE, "modes.tsv")):
        for expression in forms(words):
            first, *rest = expression.split()
            found.setdefault(first, []).append((order, mode, tuple(rest)))
    return found


TRIGGERS: Mapping[str, tuple[TriggerWord, ...]] = _triggers()
PEOPLE: Mapping[str, PeopleWord] = _people()
NUMBERS: Mapping[str, int] = {form: int(value) for value, words in rows(_HERE, "numbers.tsv") for form in forms(words)}
WORDS: Mapping[str, frozenset[str]] = {name: frozenset(forms(words)) for name, words in rows(_HERE, "words.tsv")}
MODES: Mapping[str, Sequence[tuple[int, str, tuple[str, ...]]]] = _modes()
NATIONS: Mapping[str, str] = {
    form: actor
    for actor, words in rows(_HERE, "nations.tsv")
    for word in forms(words)
    for form in (word, f"{word}ه", f"{word}ين", f"{word}ون")
}
_PRONOUNS = ("ها", "هم", "ه")
_ARTICLE = ("ال", "لل")


class People(NamedTuple):
    """A noun for people as one token writes it."""

    word: PeopleWord
    proclitics: str
    own: bool
    """A pronoun is attached: «مقاتليها»."""


@lru_cache(maxsize=65536)
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


@lru_cache(maxsize=65536)
def number(token: str) -> int | None:
    """The number that a token is, in digits or as a word; a conjunction may be attached."""
    if token.isdecimal():
        return int(token) if len(token) <= 6 else None  # noqa: PLR2004 - a longer one counts no people
    return NUMBERS.get(token) or (NUMBERS.get(token[1:]) if token[:1] in ("و", "ف", "ل", "ب") else None)


@lru_cache(maxsize=65536)
def nation(token: str) -> str | None:
    """The id of the state whose adjective a token is."""
    return NATIONS.get(token) or NATIONS.get(token.removeprefix("ال"))


@lru_cache(maxsize=65536)
def is_word(name: str, token: str) -> bool:
    """Whether a token is a word of that class, as it stands or with proclitics or the article."""
    words = WORDS[name]
    return token in words or any(stem.text in words for stem in stems(token))


def definite(token: str) -> bool:
    """Whether a token is written with the article."""
    return token.startswith(_ARTICLE) or token[1:].startswith(_ARTICLE)
