"""Who and what an article names: known actors, persons it introduces in quotation marks, and names that it alone tells."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from marsad.annotation import Entity
from marsad.arabic.clitics import ARTICLE
from marsad.arabic.letters import normal_form
from marsad.catalogue import Actor, ActorMention, Catalogue
from processors.names.find import FoundName, find_names, stem_of
from processors.names.same import Name, fullest
from processors.names.tagger import Tagged
from processors.people import quoted_persons
from processors.reading import Reading

Named: TypeAlias = Actor | Name


class Mention(NamedTuple):
    """Tokens from `at` up to `end` that name someone; `skip` letters of the first are proclitics."""

    who: Named
    at: int
    end: int
    skip: int


def find_mentions(reading: Reading, catalogue: Catalogue) -> list[Mention]:
    """The mentions of an article in order; none overlap and none crosses a mark."""
    known = _in_runs(reading, catalogue.find)
    quoted = quoted_persons(reading, known)
    hints = [Tagged(it.at, it.at + it.length, it.actor.type) for it in known]
    found = find_names(reading, hints, [FoundName(it.at, it.end, 0, "PER", it.person.words) for it in quoted])
    mentions = [Mention(it.person, it.at, it.end, 0) for it in quoted]
    mentions += [Mention(it.actor, it.at, it.at + it.length, it.skip) for it in known]
    new = _beside(reading, known, found)
    whose = _whose(reading, catalogue, mentions, new)
    mentions += [Mention(who, it.at, it.end, it.skip) for it in new if (who := whose(it)) is not None]
    return _without_overlap(mentions)


def _in_runs(reading: Reading, find: Callable[[list[str]], list[ActorMention]]) -> list[ActorMention]:
    return [
        mention._replace(at=mention.at + run.start)
        for run in reading.runs
        for mention in find(reading.words[run.start : run.stop])
    ]


def _beside(reading: Reading, known: Sequence[ActorMention], found: Sequence[FoundName]) -> list[FoundName]:
    """The names that say something other than the known actors among their tokens do."""
    at_token = {number: it for it in known for number in range(it.at, it.at + it.length)}
    return [
        name
        for name in found
        if all(_longer(reading, name, at_token[number]) for number in range(name.at, name.end) if number in at_token)
    ]


def _longer(reading: Reading, name: FoundName, known: ActorMention) -> bool:
    """Whether a name holds more than the known actor in it: «كتائب حزب الله», but not «حمص القديمة»."""
    if known.at < name.at or known.at + known.length > name.end or name.end - name.at <= known.length:
        return False
    if known.at == name.at:  # what may follow an alias, the catalogue has decided
        return name.type != known.actor.type
    return reading.words[known.at].isascii() == reading.words[name.at].isascii()


def _whose(
    reading: Reading, catalogue: Catalogue, mentions: Sequence[Mention], found: Sequence[FoundName]
) -> Callable[[FoundName], Named | None]:
    """Whom a found name names: a known actor or a person in quotes that is named in full elsewhere, else a newcomer."""
    actors: dict[Name, Named] = {}
    for mention in mentions:
        words = reading.words[mention.at : mention.end]
        actors.setdefault(Name(mention.who.type, (stem_of(words[0], mention.skip).text, *words[1:])), mention.who)
    present = set(actors.values())
    whole = fullest([*actors, *(Name(it.type, it.words) for it in found)])

    def who(name: FoundName) -> Named | None:
        own = Name(name.type, name.words)
        alias = catalogue.named(name.words, 0)
        if alias is not None and alias[1] == len(name.words):
            # The catalogue knows the word and has refused it here: it is that actor in no case, and no name of its own
            # unless the article speaks of the actor too.
            return own if alias[0] in present else None
        other = whole(own)
        return actors.get(other, other)

    return who


def _without_overlap(mentions: list[Mention]) -> list[Mention]:
    """Of mentions that overlap the longest stays, of equals the first in the list."""
    taken: set[int] = set()
    kept = []
    for mention in sorted(mentions, key=lambda it: it.at - it.end):
        tokens = range(mention.at, mention.end)
        if taken.isdisjoint(tokens):
            taken.update(tokens)
            kept.append(mention)
    return sorted(kept, key=lambda it: it.at)


def identify(reading: Reading, mentions: list[Mention]) -> dict[Named, Entity]:
    """The entities of these mentions, with ids e1, e2 … by first mention."""
    places: dict[Named, list[Mention]] = {}
    for mention in mentions:
        places.setdefault(mention.who, []).append(mention)
    return {
        who: _entity(f"e{number}", reading, who, named) for number, (who, named) in enumerate(places.items(), start=1)
    }


def _entity(number: str, reading: Reading, who: Named, named: list[Mention]) -> Entity:
    spans = tuple(reading.span(it.at, it.end, it.skip) for it in named)
    if isinstance(who, Actor):
        return Entity(
            id=number,
            type=who.type,
            kind=who.kind,
            name=who.name,
            english=who.english,
            actor=who.id,
            mentions=spans,
        )
    it, span = max(zip(named, spans, strict=True), key=lambda pair: (pair[0].end - pair[0].at, -pair[0].skip))
    name = reading.content[span.start : span.end]
    lost = len(who.words[0]) - len(normal_form(name.split()[0])) if it.end - it.at == len(who.words) else 0
    name = ARTICLE[: max(lost, 0)] + name  # «للجيش» mentions «الجيش»
    return Entity(id=number, type=who.type, kind=who.kind, name=name, mentions=spans)
