"""Who kills or arrests whom, for the constructions whose victims are people."""

from collections.abc import Iterable
from typing import NamedTuple

from processors.events.authors import author
from processors.events.clauses import Clause
from processors.events.lexicon import definite
from processors.events.phrases import Phrase
from processors.events.spotting import Trigger, apart
from processors.reading import Gap

_GOVERNOR_REACH = 14
"""Tokens before a verbal noun among which «تمكنت … من» or «أعلنت» is looked for."""
_LIGHT_REACH = 20
"""Tokens between «ألقت» and «القبض على»."""
_FATAL_REACH = 10
"""Tokens between «لقي» and «مصرعه»."""
_DAMMA = "\u064f"


class Roles(NamedTuple):
    """The parties of a happening, as far as the sentence says; empty where it does not."""

    actors: tuple[str, ...]
    recipients: tuple[str, ...]
    victims: Phrase | None = None
    """The phrase that names the recipients."""
    end: int = 0
    """The first token behind what was read for it."""


def read_roles(clause: Clause, trigger: Trigger) -> Roles | None:
    """The roles of a happening, or None where the word, as it stands here, states none."""
    match trigger.word.construction:
        case "verb" | "active" | "passive":
            return _verb(clause, trigger)
        case "noun":
            return _noun(clause, trigger)
        case "suffix":
            return _suffix(clause, trigger)
        case "over":
            return _over(clause, trigger)
        case "fatal":
            return _fatal(clause, trigger)
        case _:
            return _toll(clause, trigger)


def _verb(clause: Clause, trigger: Trigger) -> Roles | None:
    """«قتلت قسد ثلاثة»، «قسد قتلت ثلاثة»، «قتل ثلاثة في غارة»، «ثلاثة قتلوا في غارة»."""
    at = trigger.at
    before = clause.subject_before(at)
    # «قتل وجرح عشرات» shares what follows, «ثلاثة قتلوا وجرح عشرات» does not.
    first = clause.next_phrase(at + 1 if before is not None else _past_verbs(clause, at + 1))
    if trigger.word.construction == "passive" or _passive_by_vowel(clause, trigger):
        victims = first or before
        return None if victims is None else _suffered(clause, trigger, victims, victims.end)
    if first is None:
        return None if before is None else _without_object(clause, trigger, before)
    second = object_behind(clause, first)
    subject, victims = (first, second) if second is not None else (before, first)
    if subject is not None:
        actors = (*subject.parties, *clause.partners(at, clause.stop if second is None else second.at))
        clause.acting = subject
        return Roles(distinct(actors), victims.parties, victims, victims.end)
    return _without_subject(clause, trigger, first)


def _without_subject(clause: Clause, trigger: Trigger, first: Phrase) -> Roles:
    """One phrase follows and none stands before: the verb takes its subject over, or it is a passive."""
    subject = _subject_of_clause_before(clause, trigger, first)
    if subject is not None:
        return Roles(subject.parties, first.parties, first, first.end)
    if clause.acting is not None and clause.word(trigger.at).startswith("و"):
        return Roles(clause.acting.parties, first.parties, first, first.end)
    if first.body:
        return Roles(first.parties, (), None, first.end)
    return _suffered(clause, trigger, first, first.end, open_verb=trigger.word.construction == "active")


def _past_verbs(clause: Clause, at: int) -> int:
    """Past a second verb that shares its object: «قتل واعتقل عشرات»."""
    while clause.word(at).startswith("و") and (clause.phrases.is_trigger(at) or clause.is_word("injured", at)):
        at += 1
    return at


def _passive_by_vowel(clause: Clause, trigger: Trigger) -> bool:
    start, end = clause.reading.span(trigger.at, trigger.at + 1, trigger.skip)
    return _DAMMA in clause.reading.content[start : min(start + 3, end)]


def _without_object(clause: Clause, trigger: Trigger, before: Phrase) -> Roles | None:
    """Nothing that names people follows: what stands before is the victim, unless it is a body or the verb never passive."""
    if trigger.word.construction == "active" or before.body:
        return Roles(before.parties, (), None, trigger.at + 1)
    return _suffered(clause, trigger, before, trigger.at + 1)


def object_behind(clause: Clause, first: Phrase) -> Phrase | None:
    """A second phrase right behind the subject, adjectives and asides left out."""
    at = clause.past_asides(first.end)
    for _ in range(3):
        second = clause.read(at)
        if second is not None:
            return second if not second.proclitics and second.parties != first.parties else None
        if at >= clause.stop or clause.reading.gaps[at] is not Gap.SOFT or _ends_subject(clause, at):
            return None
        at = clause.past_asides(at + 1)
    return None


def _ends_subject(clause: Clause, at: int) -> bool:
    return (
        clause.word(at).startswith(("و", "ب", "ل", "ف"))
        or clause.is_word("preposition", at)
        or clause.is_word("clause", at)
        or clause.is_word("cause", at)
        or clause.phrases.is_trigger(at)
    )


def _subject_of_clause_before(clause: Clause, trigger: Trigger, first: Phrase) -> Phrase | None:
    """The subject that a verb takes over: «أعلنت قسد أنها قتلت …»، «ترصدت الهيئة الخلايا، إذ قتلت أمير …»."""
    at = trigger.at
    handed = clause.is_word("self", at - 1) or (clause.word(at - 1) == "قد" and clause.is_word("self", at - 2))
    # «قتل» behind «إذ» is as likely a passive; «قتلت» with a masculine behind it cannot be one.
    active = trigger.word.construction == "active" or (clause.word(at).endswith("ت") and not first.feminine)
    joined = clause.word(at).startswith(("و", "ف"))
    taken_over = active and (clause.is_word("connector", at - 1) or joined)
    if not (handed or taken_over) or at == clause.start:
        return None
    subject = (clause.speaker(at) if handed else None) or clause.clause_subject(at)
    if joined and subject is not None and subject.at < clause.start_to(at):
        return None
    return subject if subject is not None and subject.parties != first.parties else None


def _suffered(clause: Clause, trigger: Trigger, victims: Phrase, end: int, *, open_verb: bool = False) -> Roles:
    """A happening told from the victim's side, with the author that the rest of the sentence gives."""
    actors = () if open_verb else _author(clause, trigger, end)
    return Roles(_other(actors, victims.parties), victims.parties, victims, end)


def _author(clause: Clause, trigger: Trigger, end: int) -> tuple[str, ...]:
    """Whom the words behind a happening ascribe it to, else those before it."""
    later = next(
        (it.at for it in clause.triggers if it.at >= end and it.at > trigger.at and apart(it, trigger)), clause.stop
    )
    earlier = max(
        (it.at + 1 for it in clause.triggers if it.at < trigger.at and apart(it, trigger)), default=clause.start
    )
    earlier = max(earlier, clause.start_to(trigger.at))
    return author(clause, end, min(later, clause.end_from(end))) or author(clause, earlier, trigger.at)


def _noun(clause: Clause, trigger: Trigger) -> Roles | None:
    """«مقتل ثلاثة في غارة»، «اغتيال إسرائيل قياديا»، «تمكنت قسد من اعتقال ثلاثة»."""
    at = trigger.at
    if definite(clause.word(at)) or clause.is_word("never_event", at - 1):
        return None
    first = clause.next_phrase(at + 1)
    if first is None or first.proclitics:
        survivor = _survivor(clause, at)
        if survivor is not None:
            return _suffered(clause, trigger, survivor, at + 1)
        return Roles(_governor(clause, trigger) or _author(clause, trigger, at + 1), (), None, at + 1)
    second = None if clause.word(at).endswith("مقتل") else object_behind(clause, first)
    if second is not None:
        return Roles(first.parties, second.parties, second, second.end)
    actors = _author(clause, trigger, first.end) if trigger.word.type == "ASSAULT" else ()
    actors = actors or _governor(clause, trigger) or _author(clause, trigger, first.end)
    return Roles(_other(actors, first.parties), first.parties, first, first.end)


def _survivor(clause: Clause, at: int) -> Phrase | None:
    """«نجا القيادي «…» من محاولة اغتيال»."""
    for place in range(max(clause.start, at - _GOVERNOR_REACH), at):
        if clause.is_word("survive", place):
            return clause.next_phrase(place + 1)
    return None


def _governor(clause: Clause, trigger: Trigger) -> tuple[str, ...]:
    """Who does what a verbal noun says: the subject of «تمكنت من», «أعلنت» (its own arrests), «أعلن مسؤوليته عن»."""
    announced = trigger.word.type == "COERCE"
    for at in range(trigger.at - 1, max(clause.start, trigger.at - _GOVERNOR_REACH) - 1, -1):
        if any(it.at == at for it in clause.triggers):
            return ()
        claims = clause.is_word("claim", at)
        leads = any(clause.is_word(name, at) for name in ("claim", "succeed", "planned"))
        if leads or (announced and clause.is_word("announce", at)):
            subject = _subject_around(clause, at, trigger.at)
            if subject is not None:
                return distinct((*subject.parties, *clause.partners(at, clause.stop)))
            if not claims:
                return ()
    return ()


def _subject_around(clause: Clause, at: int, stop: int) -> Phrase | None:
    """The subject of the verb at a token: behind it, right before it, or the sentence's first."""
    return clause.subject_of(at, stop) or (clause.clause_subject(at) if clause.is_word("claim", at) else None)


def _suffix(clause: Clause, trigger: Trigger) -> Roles | None:
    """«تمكنت الشرطة من قتله»، «المسلحون الذين قتلهم الجيش»: the victim stands before, at best as the last person named."""
    if clause.is_word("never_event", trigger.at - 1):
        return None
    before = clause.subject_before(trigger.at) if clause.is_word("relative", trigger.at - 1) else None
    person: tuple[str, ...] = before.parties if before is not None else ()
    if before is None and not clause.word(trigger.at).endswith("هم"):
        for at in range(trigger.at - 1, clause.start - 1, -1):
            mention = clause.phrases.mention_at.get(at)
            if mention is not None and clause.phrases.entity_of[at].type == "PER":
                person = (clause.phrases.entity_of[at].id,)
                break
    subject = clause.next_phrase(trigger.at + 1)
    actors = subject.parties if subject is not None and (subject.body or before is not None) else ()
    actors = actors or _author(clause, trigger, trigger.at + 1) or _governor(clause, trigger)
    return Roles(_other(actors, person), person, before, trigger.at + 1)


def _over(clause: Clause, trigger: Trigger) -> Roles | None:
    """«ألقت قسد، بالتعاون مع التحالف، القبض على العشرات»، «تم القبض على ثلاثة»، «قبضت الشرطة على ثلاثة»."""
    at = trigger.at
    victims = clause.next_phrase(at + 2)
    recipients, end = (victims.parties, victims.end) if victims is not None else ((), at + 2)
    for light in range(at - 1, max(clause.start, at - _LIGHT_REACH) - 1, -1):
        if clause.is_word("light_active", light) or clause.is_word("light_open", light):
            subject = clause.next_phrase(light + 1) if light + 1 < at else None
            subject = subject if subject is not None and subject.end <= at else clause.subject_before(light)
            if subject is None and clause.is_word("self", light - 1):
                subject = clause.speaker(light) or clause.clause_subject(light)
            actors = (*subject.parties, *clause.partners(light, at)) if subject is not None else ()
            return Roles(distinct(actors) or _author(clause, trigger, end), recipients, victims, end)
    actors = _governor(clause, trigger) or _author(clause, trigger, end)
    if not actors and clause.word(at).startswith("قبض"):
        subject = clause.subject_before(at)
        actors = subject.parties if subject is not None else ()
    return Roles(actors, recipients, victims, end)


def _toll(clause: Clause, trigger: Trigger) -> Roles | None:
    """«سقوط ثلاثة قتلى من الجيش»، «ثلاثة قتلى في غارة»: the count stands before, whose they were behind."""
    at = trigger.at
    counted = next((it for it in clause.all_phrases if it.at < at <= it.end), None)
    count = counted.number if counted is not None else None
    if count is None and not clause.word(at - 1).startswith("سقوط"):
        return None
    place = at + 1
    while clause.is_word("belonging", place):
        place += 1
    of = clause.read(place) if place > at + 1 else None
    victims = of or Phrase(at, at + 1, ("@UNK",), unnamed=True)
    return _suffered(clause, trigger, victims._replace(number=count), victims.end)


def _fatal(clause: Clause, trigger: Trigger) -> Roles | None:
    """«لقي ثلاثة جنود مصرعهم»، «لقي مصرعه القيادي «…»»."""
    at = trigger.at
    start = next(
        (it for it in range(at - 1, max(clause.start, at - _FATAL_REACH) - 1, -1) if clause.is_word("met", it)), None
    )
    if start is None:
        return None
    between = clause.next_phrase(start + 1)
    victims = between if between is not None and between.at < at else clause.next_phrase(at + 1)
    victims = victims or (clause.subject_before(start) if start == at - 1 else None)
    return _suffered(clause, trigger, victims or Phrase(at, at + 1, ("@UNK",)), at + 1)


def _other(actors: tuple[str, ...], victims: tuple[str, ...]) -> tuple[str, ...]:
    """The actors without those whom it is done to; unnamed ones may stand on both sides."""
    return tuple(it for it in actors if it.startswith("@") or it not in victims)


def distinct(parties: Iterable[str]) -> tuple[str, ...]:
    """Each party once."""
    return tuple(dict.fromkeys(parties))
