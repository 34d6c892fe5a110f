"""Where a sentence states happenings: the words of the trigger tables, used as their construction says."""

from functools import lru_cache
from typing import NamedTuple

from marsad.arabic.clitics import names, stems
from marsad.arabic.tokens import WORDS_REMEMBERED
from processors.events.lexicon import WORDS
from processors.events.triggers import NOUNS, TRIGGERS, VERBS, TriggerWord, written_as
from processors.reading import Gap, Reading

_MOST_TRIGGERS = 16
"""What has more in one sentence is no prose, and would cost seconds."""
_VERB_NEAR, _NOUN_NEAR, _NEVER_NEAR = 7, 4, 2
"""Tokens around a trigger among which the words that it needs, or must not have, are looked for."""
_OBJECT_REACH = 5
"""Tokens of a subject between a verb and a verbal noun that is its object."""
_ON = "علي"
"""«على» in normal form."""
_NOUNS = written_as(NOUNS)
_VERBS = written_as(VERBS)


class Trigger(NamedTuple):
    """A word at token `at` that states a happening; `skip` letters of it are proclitics."""

    at: int
    skip: int
    word: TriggerWord

    @property
    def end(self) -> int:
        """The first token behind its expression."""
        return self.at + 1 + len(self.word.rest)


def apart(one: Trigger, other: Trigger) -> bool:
    """Whether two triggers tell two happenings: not the dead and their attack, «قتل ثلاثة في غارة»."""
    return one.word.type != "ASSAULT" or other.word.type != "ASSAULT" or _of_attack(one) == _of_attack(other)


def _of_attack(trigger: Trigger) -> bool:
    return trigger.word.construction in ("attack", "mutual")


def find_triggers(reading: Reading, sentence: range, covered: frozenset[int]) -> list[Trigger]:
    """The triggers of a sentence in order; a word inside a name (`covered`) is none."""
    spotting = _Spotting(reading, sentence)
    found: list[Trigger] = []
    for at in sentence:
        if at in covered or (found and at < found[-1].end):
            continue
        trigger = spotting.trigger(at, found[-1] if found else None)
        if trigger is not None:
            found.append(trigger)
            if len(found) == _MOST_TRIGGERS:
                break
    return found


@lru_cache(WORDS_REMEMBERED)
def _entries(word: str) -> tuple[tuple[int, TriggerWord], ...]:
    """What a token may state, with the letters of it that are proclitics."""
    return tuple(
        (skip, entry)
        for text, skip in names(word)
        if not word[:skip].startswith("ا")  # «إلقاء» is no question about «لقاء»
        for entry in TRIGGERS.get(text, ())
    )


class _Spotting:
    """One sentence while its triggers are looked for."""

    def __init__(self, reading: Reading, sentence: range) -> None:
        self._reading = reading
        self._words = reading.words
        self._gaps = reading.gaps
        self._before: Trigger | None = None
        self._start, self._stop = sentence.start, sentence.stop

    def trigger(self, at: int, before: Trigger | None) -> Trigger | None:
        """What the token states, by the expression with the most words; `before` is the trigger found last."""
        word = self._words[at]
        self._before = before
        for skip, entry in _entries(word):
            trigger = Trigger(at, skip, entry)
            if self._fits(at, word[:skip], entry) and self._surrounded(trigger):
                return trigger
        return None

    def _word(self, at: int) -> str:
        return self._words[at] if self._start <= at < self._stop else ""

    def _fits(self, at: int, proclitics: str, entry: TriggerWord) -> bool:
        """Whether the word is used in that construction: a verb takes no preposition, a verbal noun needs one or «تم»."""
        if entry.construction == "over" or (entry.pronoun and self._ends_in_taa(at)):
            return entry.construction == "over" and self._word(at + 1) == _ON
        if entry.construction == "while":
            # «امرأة متهمة بقتل» is passive, «متهمة الحكومة» is not.
            return proclitics in ("", "و") and not ("obj" in entry.roles and self._word(at + 1).startswith("ب"))
        if entry.construction in VERBS:
            return proclitics in ("", "و", "ف") and not (self._words[at] in _NOUNS and self._noun_before(at))
        if entry.construction in NOUNS and not entry.rest and self._words[at][len(proclitics) :] in _VERBS:
            return proclitics.endswith(("ب", "ل", "ك")) or self._noun_before(at) or self._ends_in_taa(at)
        return True

    def _ends_in_taa(self, at: int) -> bool:
        """Whether the token is written with taa marbuta, which its normal form does not tell from a pronoun: «طلبة»."""
        return self._reading.content[self._reading.tokens[at].end - 1] == "ة"

    def _noun_before(self, at: int) -> bool:
        led = at > self._start and self._gaps[at] is Gap.SOFT and self._word(at - 1) in WORDS["masdar_before"]
        return led or (self._before is not None and self._governs(self._before, at))

    def _governs(self, verb: Trigger, at: int) -> bool:
        """Whether the token may still be the object of a verb: «أدانت إيران قصف دمشق»."""
        between = range(verb.end, at)
        if verb.word.construction not in ("does", "while") or len(between) > _OBJECT_REACH:
            return False
        return all(self._gaps[it] is Gap.SOFT for it in (*between, at)) and not any(
            self._words[it] in WORDS["clause"] or self._words[it] in ("و", "ثم", "قد") for it in between
        )

    def _surrounded(self, trigger: Trigger) -> bool:
        """Whether the words around a trigger are those that it needs."""
        word, at, end = trigger.word, trigger.at, trigger.end
        if word.rest and tuple(self._words[at + 1 : min(end, self._stop)]) != word.rest:
            return False
        reach = _VERB_NEAR if word.construction in VERBS else _NOUN_NEAR
        return (
            (not word.next or any(stem.text in word.next for stem in stems(self._word(end))))
            and (not word.near or self._near(word.near, end, end + reach))
            and not (word.never and self._near(word.never, end, end + _NEVER_NEAR))
            and (not word.led_by or self._near(word.led_by, at - reach, at))
            and not (word.never_led_by and self._near(word.never_led_by, at - _NOUN_NEAR, at))
        )

    def _near(self, wanted: frozenset[str], start: int, stop: int) -> bool:
        return any(
            f"{self._words[at]} {self._word(at + 1)}" in wanted
            or any(stem.text in wanted or stem.text.removesuffix("ا") in wanted for stem in stems(self._words[at]))
            for at in range(max(start, self._start), min(stop, self._stop))
        )
