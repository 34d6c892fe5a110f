"""The recipient of an act, where the roles of its word say that it stands."""

from processors.events.authors import forces_of
from processors.events.clauses import Clause
from processors.events.spotting import Trigger
from processors.reading import Gap

_REACH = 12
"""Tokens behind a trigger among which the preposition of its recipient is looked for."""
NOUN_REACH = 5
"""Plain nouns that may stand before the name in a complement: «مواقع ومقار لتنظيم داعش», «قرار الحكومة»."""
_UNKNOWN = ("@UNK",)


def meant_by_pronoun(clause: Clause, trigger: Trigger) -> tuple[str, ...]:
    """Whom the pronoun of «اختطفته» means: the phrase before «الذي», else the last person named."""
    if clause.is_word("relative", trigger.at - 1):
        before = clause.subject_before(trigger.at)
        if before is not None:
            return before.parties
    return clause.last_person(trigger.at)


def complement(clause: Clause, trigger: Trigger, at: int) -> tuple[str, ...]:
    """The recipient, where the roles of the word say that it stands."""
    ways = trigger.word.roles
    if "obj" in ways or "of" in ways:
        found = named_from(clause, at, land=_of_land(trigger))
        if found:
            return found
    marks = tuple(it for it in ways if it not in ("obj", "of", "alone"))
    return marked(clause, marks, at, land=_of_land(trigger)) if marks else ()


def _of_land(trigger: Trigger) -> bool:
    return trigger.word.type in ("ASSAULT", "COERCE", "RETREAT", "MOBILIZE")


def marked(clause: Clause, marks: tuple[str, ...], at: int, *, land: bool = False) -> tuple[str, ...]:
    """Who stands behind the first of these prepositions, attached or not."""
    for place in range(at, min(at + _REACH, clause.stop)):
        word = clause.word(place)
        if place > at and (clause.is_word("break", place) or clause.reading.gaps[place] is Gap.SENTENCE):
            break
        if word in marks:
            found = named_from(clause, place + 1, land=land)
        elif word[:1] in marks and clause.attached(place, word[0]):
            found = named_from(clause, place, led=True, land=land)
        else:
            continue
        if found:
            return found
    return ()


def named_from(clause: Clause, at: int, *, led: bool = False, land: bool = False) -> tuple[str, ...]:
    """The first party of a complement that begins at a token, plain nouns before it left out; nothing beyond its clause.

    `led`: a preposition may be attached. `land`: a capital is the place, not its government.
    """
    for place in range(at, min(at + NOUN_REACH, clause.stop)):
        if place > at and (clause.reading.gaps[place] is not Gap.SOFT or _ends(clause, place)):
            break
        phrase = clause.read(place)
        if phrase is not None and phrase.parties != _UNKNOWN and not (land and clause.is_city(place)):
            if place == at and not led and phrase.proclitics not in ("", "و"):
                break
            return phrase.parties
        if place > at and forces_of(clause, place):
            return forces_of(clause, place)
    return ()


def _ends(clause: Clause, place: int) -> bool:
    word = clause.word(place)
    if word.startswith("و") and clause.phrases.is_trigger(place):
        return True
    return clause.is_word("clause", place) or word in ("في", "الي", "عن", "علي", "مع", "بعد", "قبل", "خلال", "منذ", "و")
