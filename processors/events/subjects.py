"""The subject of a verb of any type: behind it, before it, or taken over from another."""

from marsad.arabic.clitics import stems
from processors.events.authors import cause, forces_of
from processors.events.clauses import Clause
from processors.events.lexicon import definite
from processors.events.phrases import Phrase
from processors.events.roles import object_behind
from processors.events.spotting import Trigger

_UNKNOWN = ("@UNK",)


def subject_of(clause: Clause, trigger: Trigger) -> tuple[Phrase | None, int]:
    """The subject of a verb, and the token from which its complement is looked for."""
    at = trigger.at
    if trigger.word.construction == "while":
        return clause.acting_before(at), trigger.end
    arms = _arms(clause, trigger)
    if arms is not None:
        return arms
    before = _handed(clause, at) or clause.subject_before(at)
    behind = clause.next_phrase(trigger.end)
    if behind is not None and (behind.proclitics or behind.parties == _UNKNOWN or is_object(clause, trigger, behind)):
        behind = None
    if behind is not None and not _agrees(clause, trigger, behind):
        return clause.acting_before(at), trigger.end
    if before is None and behind is not None:
        return behind, behind.end
    if before is not None:
        second = object_behind(clause, behind) if behind is not None and "obj" in trigger.word.roles else None
        return (behind, second.at) if behind is not None and second is not None else (before, trigger.end)
    spoken = trigger.word.type not in ("ASSAULT", "COERCE")
    joined = clause.word(at).startswith("و") or clause.is_word("connector", at - 1) or clause.is_word("adverb", at - 1)
    return (clause.acting_before(at) if spoken or joined else None), trigger.end


def _arms(clause: Clause, trigger: Trigger) -> tuple[Phrase, int] | None:
    """Whose arms or attack acts: «قصفت طائرات إسرائيلية مواقع», «استهدفت غارة للتحالف مقرا», «غارة إسرائيلية استهدفت»."""
    behind = clause.past_asides(trigger.end)
    places = (behind, trigger.at - 1, trigger.at - 2)
    at = next((it for it in places if clause.is_word("cause", it) or clause.is_word("arms", it)), None)
    if at is None or trigger.word.type != "ASSAULT":
        return None
    rest = trigger.end if at < trigger.at else at + 1 + bool(forces_of(clause, at + 1))
    return Phrase(at, rest, cause(clause, at) or _UNKNOWN), rest


def is_object(clause: Clause, trigger: Trigger, phrase: Phrase) -> bool:
    """Whether a phrase holds the very word that the trigger needs behind it: «نشرت قوات», «نشر قوات»."""
    word = clause.word(phrase.at)
    return not definite(word) and any(stem.text in trigger.word.near for stem in stems(word))


def _agrees(clause: Clause, trigger: Trigger, phrase: Phrase) -> bool:
    """Whether a state behind a verb can be its subject by gender: «دعت إيران», while in «كما دعا إيران» it is the object."""
    entity = clause.phrases.entity_of.get(phrase.at)
    verb = clause.word(trigger.at)[trigger.skip :]
    feminine = verb.startswith(("ت", "ست")) or verb.endswith(("ت", "تا"))
    masculine = entity is None or entity.kind != "state" or clause.is_word("masculine", phrase.at)
    return masculine or feminine


def _handed(clause: Clause, at: int) -> Phrase | None:
    """The subject that «أنها» before a verb stands for."""
    if clause.is_word("self", at - 1) or (clause.word(at - 1) in ("قد", "لم", "لن") and clause.is_word("self", at - 2)):
        return clause.speaker(at) or clause.clause_subject(at)
    return None
