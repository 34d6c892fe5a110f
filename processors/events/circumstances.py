"""What else a sentence says of a happening: how, where, when, how real, and how many."""

from collections.abc import Sequence

from marsad.annotation import Reality
from marsad.arabic.clitics import stems
from processors.events.clauses import Clause
from processors.events.lexicon import MODES, WORDS, is_word
from processors.events.phrases import Phrase
from processors.events.spotting import Trigger, apart
from processors.events.times import Time
from processors.reading import Gap

_REALITY_REACH = 8
"""Tokens before a trigger among which «نفى» or «محاولة» bears on it."""
_REALITIES: Sequence[Reality] = ("denied", "hypothetical", "planned")
_ASKED = ("REQUEST", "REJECT", "THREATEN")
_ASKED_REACH = 12
"""Tokens behind «طالب» among which the words tell what is asked for."""
_PLACE_REACH = 3
"""Tokens between «في» and the name of the place: «في ريف محافظة إدلب»."""
_PEOPLE_REACH = 4
_ON = "علي"
"""«على» in normal form."""
_NOT = "لم"
"""It denies the verb right behind it and nothing else."""


def bounds(clause: Clause, trigger: Trigger) -> range:
    """The tokens that speak of this trigger rather than of the one before or behind it."""
    before = max(
        (it.at + 1 for it in clause.triggers if it.at < trigger.at and apart(it, trigger)), default=clause.start
    )
    after = min((it.at for it in clause.triggers if it.at > trigger.at and apart(it, trigger)), default=clause.stop)
    return range(before, after)


def mode_of(clause: Clause, trigger: Trigger) -> str | None:
    """The mode: the trigger's own, else the nearest cue behind it, else the nearest before."""
    if trigger.word.mode is not None:
        return trigger.word.mode
    reach = bounds(clause, trigger)
    if trigger.word.type in _ASKED:  # what is asked for is itself a trigger: «طالب بالإفراج»
        reach = range(trigger.at, min(clause.stop, trigger.at + _ASKED_REACH))
    for places in (range(trigger.at + 1, reach.stop), range(trigger.at - 1, reach.start - 1, -1)):
        for at in places:
            mode = _cue(clause, at, trigger.word.type)
            if mode is not None:
                return mode
    return None


def _cue(clause: Clause, at: int, kind: str) -> str | None:
    """The mode that the words at a token tell, the first word with whatever is attached to it."""
    if kind != "ASSAULT" and at in clause.phrases.covered:  # «الدعم السريع»
        return None
    found = [
        (order, mode)
        for stem in stems(clause.word(at))
        for order, of, mode, rest in MODES.get(stem.text, ())
        if of == kind and all(_bare(clause.word(at + number)) == _bare(word) for number, word in enumerate(rest, 1))
    ]
    return min(found)[1] if found else None


def _bare(word: str) -> str:
    return word.removeprefix("ال")


def reality_of(clause: Clause, trigger: Trigger) -> Reality:
    """Actual, unless a word shortly before says otherwise."""
    word = clause.word(trigger.at)
    if trigger.word.future:
        return "planned"
    for at in range(trigger.at - 1, max(clause.start, trigger.at - _REALITY_REACH) - 1, -1):
        near = trigger.at - at
        if any(it.at == at for it in clause.triggers) or clause.reading.gaps[at + 1] is Gap.MARK:
            break
        for reality in _REALITIES:
            word = clause.word(at).removeprefix("و")
            if word in WORDS[reality] and (word != _NOT or near == 1):
                return reality
    return "actual"


def place_of(clause: Clause, trigger: Trigger, taken: Sequence[str]) -> str | None:
    """The nearest place behind the trigger, else before it; of neighbours the more exact one, and no party to it."""
    reach = bounds(clause, trigger)
    end = min(reach.stop, clause.end_from(trigger.at + 1))
    later = [at for at in range(trigger.at + 1, end) if _is_scene(clause, at, taken)]
    earlier = [at for at in range(trigger.at - 1, clause.start - 1, -1) if _is_scene(clause, at, taken)]
    for places in (later, earlier):
        exact = [at for at in places if clause.phrases.entity_of[at].kind == "place"]
        if exact or places:
            return clause.phrases.entity_of[(exact or places)[0]].id
    return None


def _is_scene(clause: Clause, at: int, taken: Sequence[str]) -> bool:
    mention = clause.phrases.mention_at.get(at)
    if mention is None:
        return False
    entity = clause.phrases.entity_of[at]
    if entity.type != "LOC" or entity.id in taken:
        return False
    if clause.word(at)[: mention.skip].endswith("ب"):
        return True
    if clause.word(at - 1) == _ON and entity.kind == "place":  # «غارة على غزة»
        return True
    return any(
        clause.word(before).removeprefix("و") in WORDS["place_before"]
        for before in range(at - 1, max(clause.start, at - _PLACE_REACH) - 1, -1)
    )


def date_of(clause: Clause, times: Sequence[Time], trigger: Trigger) -> str | None:
    """The day named nearest to the trigger in its clause."""
    reach = range(clause.start_to(trigger.at), clause.end_from(trigger.at + 1))
    inside = (it for it in times if it.at in reach)
    nearest = min(inside, key=lambda it: min(abs(it.at - trigger.at), abs(it.end - trigger.at)), default=None)
    return None if nearest is None else nearest.value


def dead_of(trigger: Trigger, victims: Phrase | None) -> int | None:
    """The number of victims of a killing where one is given; one for a single named person."""
    return victims.number if trigger.word.type == "ASSAULT" and victims is not None else None


def injured_of(clause: Clause, trigger: Trigger) -> int | None:
    """The number behind «وإصابة» or before «جريحا», in the same sentence."""
    if trigger.word.type != "ASSAULT":
        return None
    for at in range(trigger.at + 1, bounds(clause, trigger).stop):
        if not is_word("injured", clause.word(at)):
            continue
        for place in range(max(clause.start, at - _PEOPLE_REACH), at):  # «أحد عشر جريحا»
            end, count, _ = clause.phrases.quantity(place, at)
            if end == at and count is not None:
                return count
        for place in range(at + 1, min(at + _PEOPLE_REACH, clause.stop)):  # «وإصابة أحد عشر»
            _, count, _ = clause.phrases.quantity(place, clause.stop)
            if count is not None:
                return count
            if clause.reading.gaps[place] is not Gap.SOFT:
                break
    return None
