"""The events of an article: every happening once, however many sentences tell it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from marsad.annotation import Entity, Event
from marsad.arabic.clitics import stems
from processors.entities import Mention, Named
from processors.events.circumstances import date_of, dead_of, injured_of, mode_of, place_of, reality_of
from processors.events.clauses import Clause
from processors.events.frames import read_frame
from processors.events.joining import UNKNOWN, UNNAMED_AUTHORS, Telling, add
from processors.events.lexicon import DEFAULTS, definite, people
from processors.events.phrases import Phrases
from processors.events.roles import Roles, distinct, read_roles
from processors.events.spotting import Trigger
from processors.events.times import Time, find_times
from processors.events.triggers import NOUNS, OF_PEOPLE, TWO_SIDED, VERBS
from processors.reading import Gap, Reading

EVENT_LIMIT = 100
"""Events after which an article is read no further; what tells of more is no report."""
_CLAIM_REACH = 2
"""Sentences behind a killing in which «وتبنى التنظيم الهجوم» speaks of it."""
_CONTENT_REACH = 7
"""Tokens behind «طالب» among which a verbal noun is what is asked for."""
_NOTHING_KNOWN = (((UNKNOWN,), ("@CVL",)), ((UNKNOWN,), ()))
"""Actors and recipients of an attack of which the sentence gives neither."""
_OF_CONTENT = ("REQUEST", "THREATEN", "REJECT", "AGREE", "SANCTION", "ACCUSE")
"""Acts whose content is told by a verbal noun that is no happening of its own: «طالب بوقف القصف»."""


def code_events(
    reading: Reading, mentions: list[Mention], entities: Mapping[Named, Entity], published: datetime | None
) -> tuple[Event, ...]:
    """The events in order of their anchors; `published` gives the day that «أمس» counts from."""
    phrases = Phrases(reading, mentions, entities)
    persons = frozenset(entity.id for entity in entities.values() if entity.type == "PER")
    found: list[Telling] = []
    last_told = 0
    clause: Clause | None = None
    for number, sentence in enumerate(reading.sentences):
        if len(found) >= EVENT_LIMIT:
            break
        clause = Clause(phrases, sentence, clause)
        if clause.triggers and not any(clause.is_word("sport", at) for at in sentence):
            times = find_times(reading.words, sentence, published)
            for trigger in clause.triggers:
                event = _event(clause, trigger, times)
                if event is not None:
                    add(found, _telling(clause, trigger, event, number), persons, title_end=reading.content.find("\n"))
                    last_told = number
        if found and number - last_told <= _CLAIM_REACH:
            _ascribe(found, clause)
    return tuple(sorted((it.event for it in found), key=lambda it: it.anchor))


def _telling(clause: Clause, trigger: Trigger, event: Event, number: int) -> Telling:
    """The event as the sentence of that number tells it."""
    word, attack = clause.word(trigger.at), _of_attack(trigger)
    bare = event.place is None and event.date is None and (event.actors, event.recipients) in _NOTHING_KNOWN
    general = bare and (definite(word) or word.endswith("ات")) and not clause.is_word("relative", trigger.end)
    return Telling(event, number, attack=attack, definite=definite(word), general=attack and general)


def _of_attack(trigger: Trigger) -> bool:
    return trigger.word.type == "ASSAULT" and trigger.word.construction in ("attack", "mutual")


def _event(clause: Clause, trigger: Trigger, times: Sequence[Time]) -> Event | None:
    if _is_content(clause, trigger) or _is_claimed(clause, trigger):
        return None
    of_people = trigger.word.construction in OF_PEOPLE
    roles = read_roles(clause, trigger) if of_people else read_frame(clause, trigger)
    if roles is None or (trigger.word.people_needed and roles.recipients in ((), (UNKNOWN,))):
        return None
    mode = mode_of(clause, trigger)
    if of_people and trigger.word.type == "ASSAULT" and not roles.actors and _may_be_accident(clause, trigger, mode):
        return None
    actors, recipients = _parties(trigger, roles, mode)
    actors = distinct(party for actor in actors for party in clause.phrases.acting_for(actor))
    if of_people and not roles.actors and recipients == (UNKNOWN,) and _points_back(clause, trigger):
        return None
    reality = reality_of(clause, trigger)
    return Event(
        type=trigger.word.type,
        mode=mode,
        anchor=clause.reading.span(trigger.at, trigger.end, trigger.skip),
        actors=actors,
        recipients=recipients,
        place=place_of(clause, trigger, (*actors, *recipients)),
        date=date_of(clause, times, trigger),
        reality=reality,
        dead=dead_of(trigger, roles.victims) if reality == "actual" else None,
        injured=injured_of(clause, trigger) if reality == "actual" else None,
    )


def _is_content(clause: Clause, trigger: Trigger) -> bool:
    """Whether a verbal noun is only what another act asks for, refuses, promises or threatens."""
    act = max((it for it in clause.triggers if it.at < trigger.at), default=None, key=lambda it: it.at)
    if act is None or trigger.word.construction not in NOUNS or trigger.at - act.end > _CONTENT_REACH:
        return False
    if _told_by(clause, act, trigger.at):
        return True
    between = range(act.end, trigger.at + 1)
    cut = any(clause.reading.gaps[at] is not Gap.SOFT or clause.is_word("clause", at) for at in between)
    if cut or trigger.word.type == "AGREE" or not _has_content(act, trigger):
        return False
    attached = clause.word(trigger.at)[: trigger.skip].endswith(("ب", "ل"))
    return attached or trigger.at == act.end or clause.word(trigger.at - 1) in ("الي", "علي", "عن", "من", "ضد")


def _has_content(act: Trigger, noun: Trigger) -> bool:
    """Whether an act may have that noun as content; an attack that is deplored has happened all the same."""
    if act.word.type == "ACCUSE":
        return act.word.mode == "allege" and noun.word.type != "ASSAULT"
    return act.word.type in _OF_CONTENT


def _told_by(clause: Clause, verb: Trigger, at: int) -> bool:
    """Whether a noun is the one that a verb needs to state its own happening: «ألغى زيارته», «توصلوا إلى اتفاق»."""
    words = {text for stem in stems(clause.word(at)) for text in (stem.text, stem.text.removesuffix("ا"))}
    return verb.word.construction in VERBS and verb.word.type != "CONCEDE" and not words.isdisjoint(verb.word.near)


def _is_claimed(clause: Clause, trigger: Trigger) -> bool:
    """Whether the noun of an attack only says what is claimed: «وتبنى داعش الهجوم»."""
    before = range(max(clause.start, trigger.at - _CONTENT_REACH), trigger.at)
    return (
        _of_attack(trigger) and definite(clause.word(trigger.at)) and any(clause.is_word("claim", at) for at in before)
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


def _parties(trigger: Trigger, roles: Roles, mode: str | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Actors and recipients, with what type and mode say of those whom the sentence does not give."""
    kind = trigger.word.type
    actor, recipient = DEFAULTS.get((kind, mode or "-")) or DEFAULTS.get((kind, "*")) or (UNKNOWN, UNKNOWN)
    actors = roles.actors or (actor,)
    if trigger.word.construction in TWO_SIDED:
        return actors, ()
    if trigger.word.construction not in OF_PEOPLE:
        given = () if recipient == "-" else (recipient,)
        told = ("@CRM",) if recipient == "@CRM" and roles.recipients == ("@CVL",) else roles.recipients
        return actors, told if told not in ((), (UNKNOWN,)) else given
    pronoun = trigger.word.construction == "suffix" and roles.victims is None
    unnamed = pronoun or (roles.victims is not None and roles.victims.unnamed)
    if kind == "COERCE" and unnamed and not any(it.startswith("e") for it in roles.recipients):
        return actors, ("@CRM",)
    return actors, roles.recipients or (UNKNOWN,)


def _ascribe(found: list[Telling], clause: Clause) -> None:
    """«وتبنى التنظيم الهجوم»: the one who claims it is the author of the attack told last, where that has none."""
    number = next((it for it in range(len(found) - 1, -1, -1) if found[it].event.type == "ASSAULT"), None)
    if number is None or found[number].event.actors not in UNNAMED_AUTHORS:
        return
    last = found[number].event
    for at in range(clause.start, clause.stop):
        if not clause.is_word("claim", at) or clause.reading.tokens[at].start < last.anchor.end:
            continue
        if not any(clause.is_word("anaphora", place) for place in range(at + 1, min(at + 8, clause.stop))):
            continue
        claimer = clause.next_phrase(at + 1) or clause.subject_before(at) or clause.clause_subject(at)
        if claimer is not None and any(party.startswith("e") for party in claimer.parties):
            found[number] = found[number]._replace(event=msgspec.structs.replace(last, actors=claimer.parties))
            return
