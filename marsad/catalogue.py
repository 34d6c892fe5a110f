"""The known actors with their aliases, read from config/actors*.toml.

Processors find them in articles, rules and searches name them by any of their aliases. The version is a digest of what the
files say, so that an article tells which catalogue decided its mentions.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias, get_args

import msgspec

from marsad.annotation import EntityType
from marsad.arabic.clitics import ARTICLE, names
from marsad.arabic.spellings import joinings
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
    """An alias that is also a plain word or another's name, with the neighbours that decide.

    «$given» among the neighbours stands for the list of that name under [words]. A word before counts with particles too.
    """

    alias: str
    unless_next: tuple[str, ...] = ()
    """Words that, standing right behind it, make it a plain word: «القاعدة الجوية»."""
    unless_previous: tuple[str, ...] = ()
    """Words that do so right before it: «بكل حماس»."""
    only_next: tuple[str, ...] = ()
    """Where given, one of these must stand right behind it, or one of `only_previous` before it."""
    only_previous: tuple[str, ...] = ()
    """Where given, one of these must stand right before it: «حركة الشباب»."""


class Actor(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A known entity. Its name is an alias too; aliases are found with و ف ب ل ك attached, in every spelling."""

    id: str
    name: str
    english: str
    kind: Kind
    aliases: tuple[str, ...] = ()
    nisba: tuple[str, ...] = ()
    """Adjectives that name it, masculine and without the article: «داعشي» gives «الداعشية», «داعشيين» and the like."""
    plural: tuple[str, ...] = ()
    """Broken plurals without the article: «دواعش» gives «الدواعش» too."""
    surname: tuple[str, ...] = ()
    """Last names by which news calls this person alone; they name another behind a given name: «ماهر الأسد»."""
    ambiguous: tuple[Ambiguous, ...] = ()

    @property
    def type(self) -> EntityType:
        """PER, LOC or ORG, by the kind."""
        if self.kind == "person":
            return "PER"
        return "LOC" if self.kind in ("state", "place") else "ORG"


class Alias(NamedTuple):
    """One way to name an actor, as it is written, what it comes from, and the neighbours it depends on."""

    written: str
    group: Literal["name", "nisba", "plural", "surname"]
    condition: Ambiguous | None = None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    actor: tuple[Actor, ...] = ()
    words: dict[str, tuple[str, ...]] = {}


Words: TypeAlias = Mapping[str, tuple[str, ...]]
_NOTHING = frozenset[str]()


class _Meaning(NamedTuple):
    actor: Actor
    unless_next: frozenset[str] = _NOTHING
    unless_previous: frozenset[str] = _NOTHING
    only_next: frozenset[str] = _NOTHING
    only_previous: frozenset[str] = _NOTHING

    def holds(self, tokens: Sequence[str], at: int, length: int) -> bool:
        if self.unless_next or self.only_next:
            following = tokens[at + length] if at + length < len(tokens) else ""
            if following in self.unless_next:
                return False
            if following in self.only_next:
                return True
        if self.unless_previous or self.only_previous:
            previous = {stem.text for stem in names(tokens[at - 1])} if at else _NOTHING
            if not previous.isdisjoint(self.unless_previous):
                return False
            if self.only_previous:
                return not previous.isdisjoint(self.only_previous)
        return not self.only_next


class ActorMention(NamedTuple):
    """A known actor named at token number `at`, over `length` tokens; `skip` letters of the first are proclitics."""

    actor: Actor
    at: int
    length: int
    skip: int


class Catalogue:
    """All known actors. Cheap to share between threads: nothing changes after it is built."""

    def __init__(self, actors: Iterable[Actor], words: Words | None = None) -> None:
        self.actors: Mapping[str, Actor] = {actor.id: actor for actor in actors}
        said = (tuple(self.actors.values()), words or {})
        self.version = digest(msgspec.json.encode(said).decode())[:12]
        self._trie: NameTrie[_Meaning] = NameTrie()
        folded = {f"${name}": _folded(listed) for name, listed in (words or {}).items()}
        for actor in self.actors.values():
            for name, meaning in _meanings(actor, folded).items():
                first = self._trie.add(name, meaning).actor
                if first.id != actor.id:
                    raise OperatorError(
                        f"the alias «{' '.join(name)}» belongs to two actors, «{first.id}» and «{actor.id}»: keep one"
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


def aliases_of(actor: Actor) -> list[Alias]:
    """Every way the catalogue names an actor, its name first; what is attached in front and other spellings come on top."""
    found = [Alias(written, "name") for written in (actor.name, *actor.aliases)]
    found += [Alias(article + word + ending, "nisba") for word in actor.nisba for article, ending in _NISBA]
    found += [Alias(article + word, "plural") for word in actor.plural for article in ("", ARTICLE)]
    found += [Alias(word, "surname", Ambiguous(alias=word, unless_previous=(f"${GIVEN}",))) for word in actor.surname]
    if actor.ambiguous:
        bound = {tuple(terms(it.alias)) for it in actor.ambiguous}
        found = [alias for alias in found if tuple(terms(alias.written)) not in bound]
    return found + [Alias(it.alias, "name", it) for it in actor.ambiguous]


GIVEN = "given"
"""The list of given names under [words]."""
_NISBA = tuple((article, ending) for article in ("", ARTICLE) for ending in ("", "ة", "ون", "ين", "ات"))


def _meanings(actor: Actor, words: Mapping[str, frozenset[str]]) -> dict[tuple[str, ...], _Meaning]:
    """The aliases of an actor as tokens, with the conditions under which each holds."""
    found: dict[tuple[str, ...], _Meaning] = {}
    plain = _Meaning(actor)
    for alias in aliases_of(actor):
        condition = alias.condition
        meaning = plain
        if condition is not None:
            meaning = _Meaning(
                actor,
                _neighbours(condition.unless_next, words),
                _neighbours(condition.unless_previous, words),
                _neighbours(condition.only_next, words),
                _neighbours(condition.only_previous, words),
            )
        found.update(dict.fromkeys(joinings(terms(alias.written)), meaning))
    return found


def _neighbours(listed: tuple[str, ...], words: Mapping[str, frozenset[str]]) -> frozenset[str]:
    if len(listed) == 1 and listed[0] in words:
        return words[listed[0]]  # one set for all who name it
    plain = [word for word in listed if not word.startswith("$")]
    return _folded(plain).union(*(words.get(word, _NOTHING) for word in listed if word.startswith("$")))


def _folded(listed: Iterable[str]) -> frozenset[str]:
    return frozenset(" ".join(terms(word)) for word in listed)


def load_catalogue(files: Sequence[Path]) -> Catalogue:
    """The catalogue of these TOML files; OperatorError names the file and what is wrong in it."""
    actors: dict[str, Actor] = {}
    owners: dict[str, Path] = {}
    words: dict[str, tuple[str, ...]] = {}
    read = [(path, _read(path)) for path in files]
    for path, file in read:
        for name, listed in file.words.items():
            words[name] = words.get(name, ()) + listed
        for actor in file.actor:
            if actor.id in actors:
                where = "" if owners[actor.id] == path else f" (also in {owners[actor.id]})"
                raise OperatorError(f"{path}: the actor id «{actor.id}» is used twice{where}: give one of them another")
            actors[actor.id] = actor
            owners[actor.id] = path
    for actor in actors.values():
        _check(owners[actor.id], actor, words)
    if not actors:
        listed_files = ", ".join(map(str, files)) or "no file actors*.toml"
        raise OperatorError(
            f"the catalogue is empty ({listed_files}): put at least one [[actor]] into config/actors.toml"
        )
    return Catalogue(actors.values(), words)


def _check(path: Path, actor: Actor, words: Words) -> None:
    bound = (rule.alias for rule in actor.ambiguous)
    for alias in (actor.name, *actor.aliases, *actor.nisba, *actor.plural, *actor.surname, *bound):
        if not alias[:1].isalpha() and not terms(alias):  # nearly all begin with a letter, and terms take time
            raise OperatorError(f"{path}: actor «{actor.id}»: the alias «{alias}» has no letters or digits")
    for rule in actor.ambiguous:
        for word in (*rule.unless_next, *rule.unless_previous, *rule.only_next, *rule.only_previous):
            if word.startswith("$") and word[1:] not in words:
                known = ", ".join(f"${name}" for name in words) or "none"
                raise OperatorError(
                    f"{path}: actor «{actor.id}»: «{word}» names no list under [words]; there are {known}"
                )


def _read(path: Path) -> _File:
    try:
        return msgspec.convert(read_toml(path), _File)
    except msgspec.ValidationError as error:
        kinds = ", ".join(get_args(Kind))
        raise OperatorError(
            f"{path}: {error}; an [[actor]] has id, name, english, kind (one of {kinds}), aliases, ambiguous"
        ) from error
