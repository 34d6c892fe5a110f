"""The events of an article: every happening once, however many sentences tell it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from marsad.annotation import Entity, Event
from processors.entities import Mention, Named
from processors.events.circumstances import date_of, dead_of, injured_of, mode_of, place_of, reality_of
from processors.events.clauses import Clause, Trigger
from processors.events.lexicon import definite, people
from processors.events.phrases import Phrases
from processors.events.roles import Roles, read_roles
from processors.events.times import Time, find_times
from processors.reading import Reading

UNKNOWN = "@UNK"
EVENT_LIMIT = 100
"""Events after which an article is read no further; what tells of more is no report."""
_CLAIM_REACH = 2
"""Sentences behind a killing in which «وتبنى التنظيم الهجوم» speaks of it."""
_UNNAMED_AUTHORS = ((UNKNOWN,), ("@UAF",), ())


def code_events(
    reading: Reading, mentions: list[Mention], entities: Mapping[Named, Entity], published: datetime | None
) -> tuple[Event, ...]:
    """The events in order of their anchors; `published` gives the day that «أمس» counts from."""
    phrases = Phrases(reading, mentions, entities)
    people = frozenset(entity.id for entity in entities.values() if entity.type == "PER")
    found: list[Event] = []
    last_told = 0
    for number, sentence in enumerate(reading.sentences):
        if len(found) >= EVENT_LIMIT:
            break
        clause = Clause(phrases, sentence)
        if clause.triggers:
            times = find_times(reading.words, sentence, published)
            for trigger in clause.triggers:
                event = _event(clause, trigger, times)
                if event is not None:
                    _add(found, event, people, title_end=reading.content.find("\n"))
                    last_told = number
        if found and number - last_told <= _CLAIM_REACH:
            _ascribe(found, clause)
    return tuple(sorted(found, key=lambda it: it.anchor))


def _event(clause: Clause, trigger: Trigger, times: Sequence[Time]) -> Event | None:
    roles = read_roles(clause, trigger)
    if roles is None or (trigger.word.needs_victim and roles.recipients in ((), (UNKNOWN,))):
        return None
    mode = mode_of(clause, trigger)
    if trigger.word.type == "ASSAULT" and not roles.actors and _may_be_accident(clause, trigger, mode):
        return None
    recipients = _recipients(trigger, roles)
    if not roles.actors and recipients == (UNKNOWN,) and _points_back(clause, trigger):
        return None
    reality = reality_of(clause, trigger)
    return Event(
        type=trigger.word.type,
        mode=mode,
        anchor=clause.reading.span(trigger.at, trigger.at + 1, trigger.skip),
        actors=roles.actors or (UNKNOWN,),
        recipients=recipients,
        place=place_of(clause, trigger, (*roles.actors, *recipients)),
        date=date_of(clause, times, trigger),
        reality=reality,
        dead=dead_of(trigger, roles.victims) if reality == "actual" else None,
        injured=injured_of(clause, trigger) if reality == "actual" else None,
    )


def _may_be_accident(clause: Clause, trigger: Trigger, mode: str | None) -> bool:
    """Whether a death without an author tells of no attack: «لقوا حتفهم في الفيضانات», «ارتفاع الحصيلة إلى تسعة قتلى»."""
    if mode is not None:
        return False
    places = range(clause.start, clause.stop)
    if any(clause.is_word("accident", at) for at in places):
        return True
    attacked = any(clause.is_word(name, at) for name in ("cause", "clash") for at in places)
    return trigger.word.construction in ("fatal", "toll") and not attacked


def _points_back(clause: Clause, trigger: Trigger) -> bool:
    """Whether the victim is one that the reader knows already: «تعليق على مقتل القيادي»."""
    victim = trigger.at + 1
    return (
        victim < clause.stop
        and definite(clause.word(victim))
        and people(clause.word(victim)) is not None
        and trigger.word.construction == "noun"
    )


def _recipients(trigger: Trigger, roles: Roles) -> tuple[str, ...]:
    """The recipients, of whom unnamed arrested ones are suspects."""
    pronoun = trigger.word.construction == "suffix" and roles.victims is None
    unnamed = pronoun or (roles.victims is not None and roles.victims.unnamed)
    if trigger.word.type == "COERCE" and unnamed and not any(it.startswith("e") for it in roles.recipients):
        return ("@CRM",)
    return roles.recipients or (UNKNOWN,)


def _add(found: list[Event], event: Event, people: frozenset[str], *, title_end: int) -> None:
    """Add an event, or join it to the one that it tells again; the body's anchor wins over the title's."""
    for number, known in enumerate(found):
        in_title = known.anchor.start < title_end <= event.anchor.start
        if _same(known, event, people, in_title=in_title):
            found[number] = _joined(known, event, in_title=in_title)
            return
    found.append(event)


def _same(known: Event, event: Event, people: frozenset[str], *, in_title: bool) -> bool:
    if known.type != event.type or known.reality != event.reality or _differ(known.date, event.date):
        return False
    if people & set(known.recipients) & set(event.recipients):
        return True
    if _differ(known.dead, event.dead) or _differ(known.mode, event.mode):
        return False
    if in_title:
        return _agree(known.actors, event.actors) and _agree(known.recipients, event.recipients)
    return known.actors == event.actors and known.recipients == event.recipients


def _differ(one: object, other: object) -> bool:
    return one is not None and other is not None and one != other


def _agree(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    return UNKNOWN in (*one, *other) or set(one) <= set(other) or set(other) <= set(one)


def _joined(known: Event, event: Event, *, in_title: bool) -> Event:
    """Both tellings in one: what either says, the first before the second."""
    first, second = (event, known) if in_title else (known, event)
    return msgspec.structs.replace(
        first,
        mode=first.mode or second.mode,
        actors=_better(first.actors, second.actors),
        recipients=second.recipients if first.recipients == (UNKNOWN,) else first.recipients,
        place=first.place or second.place,
        date=first.date or second.date,
        dead=first.dead if first.dead is not None else second.dead,
        injured=first.injured if first.injured is not None else second.injured,
    )


def _better(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """The actors that say more: named ones before unnamed ones before none."""
    if one in _UNNAMED_AUTHORS and (other not in _UNNAMED_AUTHORS or one == (UNKNOWN,)):
        return other
    return one


def _ascribe(found: list[Event], clause: Clause) -> None:
    """«وتبنى التنظيم الهجوم»: the one who claims it is the author of the killing told last, where that has none."""
    last = found[-1]
    if last.type != "ASSAULT" or last.actors not in _UNNAMED_AUTHORS:
        return
    for at in range(clause.start, clause.stop):
        if not clause.is_word("claim", at) or clause.reading.tokens[at].start < last.anchor.end:
            continue
        if not any(clause.is_word("anaphora", place) for place in range(at + 1, min(at + 8, clause.stop))):
            continue
        claimer = clause.next_phrase(at + 1) or clause.subject_before(at) or clause.clause_subject(at)
        if claimer is not None and any(party.startswith("e") for party in claimer.parties):
            found[-1] = msgspec.structs.replace(last, actors=claimer.parties)
            return
