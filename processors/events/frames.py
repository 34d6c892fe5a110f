"""Who acts and on whom for the constructions of all types: verbs, participles, verbal nouns, attacks, and what has two sides."""

from processors.events.authors import author, cause, launcher, named_author
from processors.events.clauses import Clause
from processors.events.complements import NOUN_REACH, complement, marked, meant_by_pronoun, named_from
from processors.events.phrases import Phrase
from processors.events.roles import Roles, distinct
from processors.events.spotting import Trigger
from processors.events.subjects import is_object, subject_of

_SUBJECT_REACH = 16
"""Tokens before a verbal noun among which the verb that governs it is looked for."""
_UNKNOWN = ("@UNK",)


def read_frame(clause: Clause, trigger: Trigger) -> Roles | None:
    """The roles of a happening, or None where the word needs a recipient and has none."""
    match trigger.word.construction:
        case "does" | "while":
            roles = _does(clause, trigger)
        case "meets":
            roles = _meets(clause, trigger)
        case "mutual":
            roles = _mutual(clause, trigger)
        case "attack":
            roles = _attack(clause, trigger)
        case _:
            roles = _act(clause, trigger)
    word = trigger.word
    if (
        word.recipient_needed
        and roles.recipients in ((), _UNKNOWN)
        and not (word.mode == "visit" and _goes(clause, trigger))
    ):
        return None
    return None if word.actor_needed and roles.actors in ((), _UNKNOWN) else roles


def _goes(clause: Clause, trigger: Trigger) -> bool:
    """Whether a place stands close behind: a visit to it."""
    places = range(trigger.end, min(trigger.end + NOUN_REACH, clause.stop))
    return any(
        clause.word(at) == "الي" or (at in clause.phrases.mention_at and clause.phrases.entity_of[at].type == "LOC")
        for at in places
    )


def _does(clause: Clause, trigger: Trigger) -> Roles:
    """«اتهمت قسد تركيا», «قسد تتهم تركيا», «أعلنت أنها تدين الهجوم», «… متهمة تركيا», «اختطفه مسلحون»."""
    subject, at = subject_of(clause, trigger)
    actors: tuple[str, ...] = ()
    if subject is not None:
        actors = distinct((*subject.parties, *clause.partners(trigger.at, at)))
        clause.agent = subject
    recipients = meant_by_pronoun(clause, trigger) if trigger.word.pronoun else complement(clause, trigger, at)
    return Roles(actors, _less(recipients, actors), None, at)


def _meets(clause: Clause, trigger: Trigger) -> Roles:
    """«التقى الوزير نظيره», «اجتمع الوفدان», «اتفقت قسد مع دمشق»."""
    subject, at = subject_of(clause, trigger)
    own = subject.parties if subject is not None else ()
    other = complement(clause, trigger, at)
    if not other and trigger.word.pronoun:
        other = clause.last_person(trigger.at)
    return Roles(distinct((*own, *other)), (), None, at)


def _mutual(clause: Clause, trigger: Trigger) -> Roles:
    """«محادثات بين أ وب», «لقاء أ مع ب», «أجرى أ محادثات مع ب», «جمع اللقاء أ بـب»."""
    at = trigger.end
    between = marked(clause, ("بين",), at)
    if between:
        return Roles(distinct(between), (), None, at)
    for place in range(at, min(at + NOUN_REACH, clause.stop)):
        if clause.is_word("gather", place):
            return Roles(_gathered(clause, place), (), None, at)
    own = clause.read(at)
    own_parties = own.parties if own is not None and not own.proclitics and own.parties != _UNKNOWN else ()
    if not own_parties:
        governor = _governor(clause, trigger)
        own_parties = governor.parties if governor is not None else ()
    other = marked(clause, ("مع", "ب") if trigger.word.pronoun or own_parties else ("مع", "جمعه"), at)
    return Roles(distinct((*own_parties, *other)), (), None, at)


def _gathered(clause: Clause, at: int) -> tuple[str, ...]:
    """«اللقاء الذي جمعه بالوزير», «الاجتماع الذي عقده الوزير مع …», «لقاء جمع أ وب»."""
    first = clause.next_phrase(at + 1)
    own = first.parties if first is not None and not first.proclitics else ()
    other = marked(clause, ("ب", "مع"), first.end if own and first is not None else at + 1)
    if not own:
        subject = clause.acting_before(at)
        own = subject.parties if subject is not None else ()
    return distinct((*own, *other))


def _attack(clause: Clause, trigger: Trigger) -> Roles:
    """«غارة إسرائيلية على غزة», «هجوم شنه داعش», «شن داعش هجوما على الجيش», «التفجير الذي استهدف مدنيين»."""
    later = next((it.at for it in clause.triggers if it.at > trigger.at and it.word.type != "ASSAULT"), clause.stop)
    stop = min(later, clause.end_from(trigger.end))
    actors = cause(clause, trigger.end - 1) or author(clause, trigger.end, stop)
    if not actors:
        attacker = launcher(clause, trigger.at)
        actors = attacker.parties if attacker is not None else ()
    genitive = clause.read(trigger.end)
    after = genitive.end if genitive is not None and not genitive.proclitics else trigger.end
    whose = after > trigger.end and (clause.word(after) == "علي" or clause.attached(after, "ل"))
    if genitive is not None and whose and not actors:  # «قصف إسرائيل لدمشق»
        actors = genitive.parties
    recipients = marked(clause, (*(trigger.word.roles or ("علي", "ضد")), *(("ل",) if whose else ())), after, land=True)
    if not recipients:
        for at in range(trigger.end, stop):
            if clause.is_word("strike", at):
                recipients = named_from(clause, at + 1)
                break
    recipients = recipients or _sufferer(clause, trigger)
    return Roles(_less(actors, recipients), recipients, None, trigger.end)


def _sufferer(clause: Clause, trigger: Trigger) -> tuple[str, ...]:
    """«تعرض الوزير لهجوم», «تلقت الصحيفة تهديدات»."""
    for at in range(trigger.at - 1, max(clause.start, trigger.at - _SUBJECT_REACH) - 1, -1):
        if clause.is_word("suffer", at):
            subject = clause.subject_of(at, trigger.at)
            return subject.parties if subject is not None else named_from(clause, at + 1)
    return ()


def _act(clause: Clause, trigger: Trigger) -> Roles:
    """«زيارة ترامب إلى الرياض», «أعلنت قطر انسحابها من», «رفض موسكو», «انتقادات من الحكومة»."""
    at = trigger.end
    behind = clause.read(at)
    genitive = behind if behind is not None and not behind.proclitics and behind.parties != _UNKNOWN else None
    if genitive is not None and is_object(clause, trigger, genitive) and trigger.word.type == "MOBILIZE":
        genitive = None
    of = "of" in trigger.word.roles
    actors: tuple[str, ...] = ()
    if genitive is not None and not trigger.word.pronoun and (not of or _acts(clause, trigger, genitive)):
        actors, at = genitive.parties, genitive.end
        of = False
    if (
        not actors and clause.word(at) == "من" and trigger.word.type in ("ACCUSE", "THREATEN", "SUPPORT", "REQUEST")
    ):  # «تهديدات من داعش»
        actors = named_from(clause, at + 1)
    actors = actors or named_author(clause, at, clause.end_from(at))
    if not actors:
        governor = _governor(clause, trigger)
        actors = governor.parties if governor is not None else ()
    if not actors and trigger.word.type == "MOBILIZE":  # «انتشار كثيف للشرطة»
        actors = marked(clause, ("ل",), trigger.end)
    recipients = () if trigger.word.pronoun and of else complement(clause, trigger, at)
    if trigger.word.pronoun and of:
        recipients = clause.last_person(trigger.at)
    if not recipients:
        recipients = _sufferer(clause, trigger)
        actors = actors if actors != recipients else ()
    return Roles(_less(actors, recipients) or actors, recipients if recipients != actors else (), None, at)


def _acts(clause: Clause, trigger: Trigger, genitive: Phrase) -> bool:
    """Whether the genitive of a noun that takes either is its author: «زيارة الوزير إلى تونس», not «زيارة تونس»."""
    entity = clause.phrases.entity_of.get(genitive.at)
    if trigger.word.mode == "visit":
        return entity is None or entity.type != "LOC"
    return (
        trigger.word.type != "ASSAULT"
        and clause.word(genitive.end).startswith("ل")
        and clause.attached(genitive.end, "ل")
    )


def _governor(clause: Clause, trigger: Trigger) -> Phrase | None:
    """Who does what a verbal noun says: the subject of the nearest verb before it, or of the clause for «زيارته»."""
    for at in range(trigger.at - 1, max(clause.start, trigger.at - _SUBJECT_REACH) - 1, -1):
        if clause.is_word("conduct" if trigger.word.type == "PROTEST" else "governs", at):
            return clause.subject_of(at, trigger.at) or clause.acting_before(at)
    pronoun = trigger.word.pronoun and trigger.word.type != "PROTEST"
    return clause.acting_before(trigger.at) if pronoun else None


def _less(parties: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(it for it in parties if it.startswith("@") or it not in others)
