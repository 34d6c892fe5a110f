"""The known actors with their aliases, read from config/actors*.toml.

Processors find them in articles, rules and searches name them by any of their aliases. The version is a digest of what the
files say, so that an article tells which catalogue decided its mentions.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, get_args

import msgspec

from marsad.annotation import EntityType
from marsad.arabic.tokens import terms
from marsad.arabic.trie import NameTrie
from marsad.article import digest
from marsad.config import read_toml
from marsad.errors import OperatorError

Kind = Literal[
    "person",
    "armed_group",
    "state",
    "place",
    "government",
    "security_force",
    "party",
    "igo",
    "alliance",
    "ngo",
    "media",
    "company",
    "judiciary",
    "other",
]


class Ambiguous(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An alias that is also a plain word, with the neighbours that show it to be one."""

    alias: str
    unless_next: tuple[str, ...] = ()
    """Words that, standing right behind it, make it a plain word: «القاعدة الجوية»."""
    unless_previous: tuple[str, ...] = ()
    """Words that do so right before it: «بكل حماس»."""
    only_previous: tuple[str, ...] = ()
    """Where given, one of these must stand right before it: «حركة الشباب»."""


class Actor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A known entity. Its name is an alias too; aliases are found with و ف ب ل ك attached, and with nothing else changed."""

    id: str
    name: str
    english: str
    kind: Kind
    aliases: tuple[str, ...] = ()
    ambiguous: tuple[Ambiguous, ...] = ()

    @property
    def type(self) -> EntityType:
        """PER, LOC or ORG, by the kind."""
        if self.kind == "person":
            return "PER"
        return "LOC" if self.kind in ("state", "place") else "ORG"


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    actor: tuple[Actor, ...] = ()


class _Meaning(NamedTuple):
    actor: Actor
    unless_next: frozenset[str]
    unless_previous: frozenset[str]
    only_previous: frozenset[str]

    def holds(self, tokens: Sequence[str], at: int, length: int) -> bool:
        following = tokens[at + length] if at + length < len(tokens) else ""
        previous = tokens[at - 1] if at else ""
        return (
            following not in self.unless_next
            and previous not in self.unless_previous
            and (not self.only_previous or previous in self.only_previous)
        )


class ActorMention(NamedTuple):
    """A known actor named at token number `at`, over `length` tokens; `skip` letters of the first are proclitics."""

    actor: Actor
    at: int
    length: int
    skip: int


class Catalogue:
    """All known actors. Cheap to share between threads: nothing changes after it is built."""

    def __init__(self, actors: Iterable[Actor]) -> None:
        self.actors: Mapping[str, Actor] = {actor.id: actor for actor in actors}
        self.version = digest(msgspec.json.encode(tuple(self.actors.values())).decode())[:12]
        self._trie: NameTrie[_Meaning] = NameTrie()
        for actor in self.actors.values():
            for alias, meaning in _meanings(actor).items():
                first = self._trie.add(alias, meaning).actor
                if first.id != actor.id:
                    raise OperatorError(
                        f"the alias «{' '.join(alias)}» belongs to two actors, «{first.id}» and «{actor.id}»: keep one"
                    )

    def find(self, tokens: Sequence[str]) -> list[ActorMention]:
        """The mentions in these normal-form tokens, in order; the longest name wins and none overlap."""
        found = []
        at = 0
        while at < len(tokens):
            name = self._trie.find(tokens, at, _Meaning.holds)
            if name is not None:
                found.append(ActorMention(name.value.actor, at, name.length, name.skip))
                at += name.length
            else:
                at += 1
        return found

    def named(self, tokens: Sequence[str], at: int) -> tuple[Actor, int] | None:
        """The actor whose longest alias is written at token number `at` with nothing attached, and the alias's length."""
        name = self._trie.exact(tokens, at)
        return None if name is None else (name.value.actor, name.length)


def _meanings(actor: Actor) -> dict[tuple[str, ...], _Meaning]:
    """The aliases of an actor as tokens, each with the conditions under which it holds."""
    free = frozenset[str]()
    plain = {tuple(terms(alias)): _Meaning(actor, free, free, free) for alias in (actor.name, *actor.aliases)}
    bound = {
        tuple(terms(word.alias)): _Meaning(
            actor, _folded(word.unless_next), _folded(word.unless_previous), _folded(word.only_previous)
        )
        for word in actor.ambiguous
    }
    return plain | bound


def _folded(words: Iterable[str]) -> frozenset[str]:
    return frozenset(" ".join(terms(word)) for word in words)


def load_catalogue(files: Sequence[Path]) -> Catalogue:
    """The catalogue of these TOML files; OperatorError names the file and what is wrong in it."""
    actors: dict[str, Actor] = {}
    for path in files:
        for actor in _read(path):
            if actor.id in actors:
                raise OperatorError(f"{path}: the actor id «{actor.id}» is used twice: give one of them another")
            for alias in (actor.name, *actor.aliases, *(word.alias for word in actor.ambiguous)):
                if not terms(alias):
                    raise OperatorError(f"{path}: actor «{actor.id}»: the alias «{alias}» has no letters or digits")
            actors[actor.id] = actor
    if not actors:
        names = ", ".join(map(str, files)) or "no file actors*.toml"
        raise OperatorError(f"the catalogue is empty ({names}): put at least one [[actor]] into config/actors.toml")
    return Catalogue(actors.values())


def _read(path: Path) -> tuple[Actor, ...]:
    try:
        return msgspec.convert(read_toml(path), _File).actor
    except msgspec.ValidationError as error:
        kinds = ", ".join(get_args(Kind))
        raise OperatorError(
            f"{path}: {error}; an [[actor]] has id, name, english, kind (one of {kinds}), aliases, ambiguous"
        ) from error
