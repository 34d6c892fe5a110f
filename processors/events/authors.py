"""Whom a sentence ascribes an attack to: «على يد», «برصاص», «في غارة شنتها …», «غارة إسرائيلية», «شن داعش هجوما»."""

from processors.events.clauses import Clause
from processors.events.lexicon import nation
from processors.events.phrases import Phrase
from processors.reading import Gap

_ON = "علي"
"""«على» in normal form."""
_CAUSE_REACH = 5
"""Tokens behind «غارة» among which its author is looked for."""
_LAUNCH_REACH = 12
"""Tokens before «هجوما» among which «شن» is looked for."""
_UNKNOWN = ("@UNK",)


def named_author(clause: Clause, start: int, stop: int) -> tuple[str, ...]:
    """Whom «على يد» or «من قبل» names between two tokens."""
    for at in range(start, min(stop, clause.stop)):
        if _leads_author(clause, at):
            return _parties(clause, at + 2)
    return ()


def _leads_author(clause: Clause, at: int) -> bool:
    by_hand = clause.word(at) == _ON and clause.is_word("hand", at + 1)
    return by_hand or (clause.word(at) == "من" and clause.is_word("party", at + 1))


def author(clause: Clause, start: int, stop: int) -> tuple[str, ...]:
    """Whom the tokens from `start` to `stop` ascribe a deed to; empty where they do not say."""
    for at in range(start, min(stop, clause.stop)):
        found = _author_at(clause, at)
        if found:
            return found
    return ()


def _author_at(clause: Clause, at: int) -> tuple[str, ...]:
    if _leads_author(clause, at):
        return _parties(clause, at + 2)
    if clause.is_word("weapon", at):
        return _parties(clause, at + 1)
    if clause.is_word("launch_self", at):
        subject = clause.clause_subject(at)
        return (*subject.parties, *clause.partners(at, clause.stop)) if subject is not None else ()
    if clause.is_word("launch", at):
        phrase = clause.next_phrase(at + 1)
        return phrase.parties if phrase is not None and phrase.parties != _UNKNOWN else ()
    if clause.is_word("clash", at):
        ahead = range(at + 1, min(at + _CAUSE_REACH, clause.stop))
        return next((_parties(clause, place + 1) for place in ahead if clause.word(place) == "مع"), ())
    return cause(clause, at) if clause.is_word("cause", at) else ()


def _parties(clause: Clause, at: int) -> tuple[str, ...]:
    phrase = clause.read(at)
    return () if phrase is None or phrase.parties == _UNKNOWN else phrase.parties


def cause(clause: Clause, at: int) -> tuple[str, ...]:
    """The author of an attack named by the noun at a token: «غارة إسرائيلية», «قصف للجيش», «ضربة التحالف»."""
    for place in range(at + 1, min(at + _CAUSE_REACH, clause.stop)):
        if clause.reading.gaps[place] is not Gap.SOFT:
            break
        mention = clause.phrases.mention_at.get(place)
        if mention is not None:
            entity = clause.phrases.entity_of[place]
            proclitics = clause.word(place)[: mention.skip]
            belongs = (proclitics == "ل" and not _hits(clause, at, place)) or (not proclitics and place == at + 1)
            actor = entity.type == "ORG" or (entity.kind == "state" and proclitics == "ل")
            return (entity.id,) if belongs and actor else ()
        forces = forces_of(clause, place)
        if forces:
            return forces
        if clause.is_word("preposition", place) or clause.is_word("launch", place) or clause.phrases.is_trigger(place):
            break
    return ()


def _hits(clause: Clause, at: int, place: int) -> bool:
    """Whether what belongs to somebody is what an explosion hit: «انفجار لغم بدورية لقسد»."""
    return clause.word(at).endswith("انفجار") and any(clause.word(it).startswith("ب") for it in range(at + 1, place))


def forces_of(clause: Clause, at: int) -> tuple[str, ...]:
    """The forces that an adjective of a state at a token speaks of, with the state where the text names it."""
    state = nation(clause.word(at), clause.word(at + 1))
    if state is None:
        return ()
    named = clause.phrases.states.get(state)
    return ("@MIL", named) if named else ("@MIL",)


def launcher(clause: Clause, at: int) -> Phrase | None:
    """Who launched the attack named at a token: «شن داعش هجوما», «نفذت إسرائيل غارات»."""
    for place in range(at - 1, max(clause.start, at - _LAUNCH_REACH) - 1, -1):
        if clause.is_word("launch", place) or clause.is_word("claim", place):
            phrase = clause.next_phrase(place + 1)
            return phrase if phrase is not None and phrase.end <= at else clause.subject_before(place)
    return None
