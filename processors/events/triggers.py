"""The words that state happenings, read from one table for each of PLOVER's types; triggers/README.md says how."""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple, TypeAlias, cast, get_args

from marsad.annotation import EventType
from processors.tables import forms, rows

_HERE = __package__ or "processors.events"
Construction: TypeAlias = Literal[
    "verb",
    "active",
    "passive",
    "noun",
    "suffix",
    "over",
    "fatal",
    "toll",
    "does",
    "while",
    "act",
    "attack",
    "meets",
    "mutual",
]
OF_PEOPLE = ("verb", "active", "passive", "noun", "suffix", "over", "fatal", "toll")
"""Constructions of killings and arrests, whose victims are people."""
VERBS = ("verb", "active", "passive", "does", "meets")
NOUNS = ("noun", "act", "attack", "mutual")
TWO_SIDED = ("meets", "mutual")
_PRONOUNS = ("هم", "ها", "ه")
_WEAK = ("ا", "ي")


class TriggerWord(NamedTuple):
    """What one form states, and what must stand around it."""

    type: EventType
    construction: Construction
    mode: str | None
    roles: tuple[str, ...]
    """Where the recipient stands: «obj», «of» or prepositions, as far as a sentence gives it; also «alone»."""
    rest: tuple[str, ...] = ()
    """The words of the expression behind its first."""
    near: frozenset[str] = frozenset()
    """Words of which one must stand close behind; empty where nothing must."""
    never: frozenset[str] = frozenset()
    led_by: frozenset[str] = frozenset()
    """Words of which one must stand close before."""
    never_led_by: frozenset[str] = frozenset()
    next: frozenset[str] = frozenset()
    """Words of which one must stand right behind."""
    recipient_needed: bool = False
    actor_needed: bool = False
    people_needed: bool = False
    future: bool = False
    pronoun: bool = False
    """The form ends in a pronoun: the object of a verb, the author of a verbal noun."""

    @property
    def conditioned(self) -> bool:
        """Whether the form alone states nothing."""
        return bool(self.rest or self.near or self.next or self.led_by or self.recipient_needed)


def _read() -> dict[str, tuple[TriggerWord, ...]]:
    found: dict[str, list[TriggerWord]] = {}
    for kind in get_args(EventType):
        for construction, mode, roles, near, cell in rows(_HERE, f"triggers/{kind}.tsv"):
            word = _word(kind, construction, mode, roles, near)
            for form, future, pronoun in _forms(cell, verbal_noun=construction in NOUNS):
                first, *rest = form.split()
                entry = word._replace(rest=tuple(rest), future=future, pronoun=pronoun)
                found.setdefault(first, []).append(entry)
                if construction == "attack" and not rest and not first.startswith("ال"):
                    found.setdefault(f"ال{first}", []).append(entry)
                if (
                    construction in ("attack", "mutual")
                    and not rest
                    and not first.endswith(("ا", "ه", "ات", "ين", "ان"))
                ):
                    found.setdefault(f"{first}ا", []).append(entry)  # «نفذ تفجيرا»
    return {first: tuple(sorted(entries, key=lambda it: -len(it.rest))) for first, entries in found.items()}


def _word(kind: EventType, construction: str, mode: str, roles: str, near: str) -> TriggerWord:
    given = [it for it in roles.split() if it not in ("-", "!", "by", "person")]
    around = [it for it in near.split() if it != "-"]
    return TriggerWord(
        type=kind,
        construction=cast("Construction", construction),
        mode=None if mode == "-" else mode,
        roles=tuple(form for it in given for form in forms(it)),
        near=_terms(it for it in around if it[0] not in "!<+"),
        next=_terms(it[1:] for it in around if it[0] == "+"),
        never=_terms(it[1:] for it in around if it[0] == "!" and it[1] != "<"),
        led_by=_terms(it[1:] for it in around if it[0] == "<"),
        never_led_by=_terms(it[2:] for it in around if it.startswith("!<")),
        recipient_needed="!" in roles.split(),
        actor_needed="by" in roles.split(),
        people_needed="person" in roles.split(),
    )


def _terms(words: Iterator[str]) -> frozenset[str]:
    return frozenset(form for word in words for form in forms(word))


def _forms(cell: str, *, verbal_noun: bool) -> Iterator[tuple[str, bool, bool]]:
    """Each form of a cell in normal form, whether it is a future, and whether a pronoun is attached."""
    for written in cell.split():
        perfect, _, imperfect = written.partition("/")
        if imperfect:
            yield from dict.fromkeys(_conjugated(forms(perfect)[0], forms(imperfect)[0]))
        else:
            future = written.startswith(("سي", "ست")) and not verbal_noun
            yield forms(written)[0], future, verbal_noun and "_" not in written and _ends_in_pronoun(written)


def _ends_in_pronoun(written: str) -> bool:
    return len(written) > len("رفضه") - 1 and written.endswith(_PRONOUNS) and not written.startswith("ال")


def _conjugated(perfect: str, imperfect: str) -> Iterator[tuple[str, bool, bool]]:
    """In normal form: «هاجم», «هاجم» → هاجم هاجمت هاجموا … يهاجم تهاجم يهاجمون … سيهاجم … هاجمه هاجمته يهاجمها …."""
    stem = perfect[:-1] if perfect.endswith(_WEAK) else perfect
    present = imperfect[:-1] if imperfect.endswith((*_WEAK, "و")) else imperfect
    yield perfect, False, False
    # «فجرا», «رفضا»: of three letters it is an adverb before it is a dual.
    for ending in ("ت", "وا", "تا", *(("ا",) if len(stem) > len("رفض") else ())):
        yield stem + ending, False, False
    for form in (
        f"ي{imperfect}",
        f"ت{imperfect}",
        f"ن{imperfect}",
        f"ي{present}ون",
        f"ي{present}وا",
        f"ي{imperfect}ان",
    ):
        yield form, False, False
        yield f"س{form}", True, False
    for pronoun in _PRONOUNS:
        for form in (stem, f"{stem}ت", f"{stem}و", f"ي{imperfect}", f"ت{imperfect}"):
            yield form + pronoun, False, True


TRIGGERS: Mapping[str, tuple[TriggerWord, ...]] = _read()
PLAIN = frozenset(first for first, entries in TRIGGERS.items() if not all(it.conditioned for it in entries))
"""First words that state something by themselves: what belongs to a noun before them ends there."""


def written_as(constructions: tuple[str, ...]) -> frozenset[str]:
    """The first words of the forms in these constructions."""
    return frozenset(
        first for first, entries in TRIGGERS.items() if any(it.construction in constructions for it in entries)
    )
