"""One sentence as the coder sees it: its triggers, the subject of a verb, and the author that an attack is ascribed to."""

from functools import cached_property
from typing import NamedTuple

from marsad.arabic.clitics import names
from processors.events.lexicon import TRIGGERS, WORDS, TriggerWord, is_word, nation
from processors.events.phrases import Phrase, Phrases
from processors.reading import Gap

_MOST_TRIGGERS = 12
"""What has more in one sentence is no prose, and would cost seconds."""
_ON = "علي"
"""«على» in normal form."""
_SUBJECT_REACH = 4
"""Adverbs and adjectives that may stand between a subject and its verb."""
_CAUSE_REACH = 5
"""Tokens behind «غارة» among which its author is looked for."""
_ASIDE_REACH = 14
"""Tokens of an aside between two commas."""


class Trigger(NamedTuple):
    """A word at token `at` that states a happening; `skip` letters of it are proclitics."""

    at: int
    skip: int
    word: TriggerWord


class Clause:
    """A sentence of an article, as a range of tokens."""

    def __init__(self, phrases: Phrases, sentence: range) -> None:
        self.phrases = phrases
        self.reading = phrases.reading
        self.words = phrases.words
        self.start, self.stop = sentence.start, sentence.stop
        self.acting: Phrase | None = None
        """The subject of the active verb read last, which a verb joined by «و» shares."""

    @cached_property
    def triggers(self) -> list[Trigger]:
        """What the sentence says has happened, in order."""
        found = (self._trigger(at) for at in range(self.start, self.stop))
        return [trigger for trigger in found if trigger is not None][:_MOST_TRIGGERS]

    def _trigger(self, at: int) -> Trigger | None:
        word = self.words[at]
        for text, skip in names(word):
            for entry in TRIGGERS.get(text, ()):
                if self._fits(at, word[:skip], entry):
                    return Trigger(at, skip, entry)
        return None

    def _fits(self, at: int, proclitics: str, entry: TriggerWord) -> bool:
        """Whether the word is used in that construction: a verb takes no preposition, a verbal noun needs one or «تم»."""
        if entry.construction == "over":
            return self.word(at + 1) == _ON
        if entry.construction in ("verb", "active", "passive"):
            return proclitics in ("", "و", "ف") and not (self.words[at] in _NOUNS and self._noun_before(at))
        if entry.construction == "noun" and self.words[at][len(proclitics) :] in _VERBS:
            return proclitics.endswith(("ب", "ل", "ك")) or self._noun_before(at)
        return True

    def _noun_before(self, at: int) -> bool:
        return at > self.start and self.reading.gaps[at] is Gap.SOFT and self.word(at - 1) in WORDS["masdar_before"]

    def word(self, at: int) -> str:
        """The normal form of a token of this sentence, or nothing outside it."""
        return self.words[at] if self.start <= at < self.stop else ""

    def is_word(self, name: str, at: int) -> bool:
        """Whether a token of this sentence is a word of that class."""
        return self.start <= at < self.stop and is_word(name, self.words[at])

    def read(self, at: int) -> Phrase | None:
        """The noun phrase at a token."""
        return self.phrases.read(at, self.stop) if self.start <= at < self.stop else None

    def next_phrase(self, at: int) -> Phrase | None:
        """The noun phrase at a token or behind adverbs, dates, places and asides between commas."""
        at = self.past_asides(at)
        if self.word(at) == "في" and self.is_word("cause", at + 1):  # «قتل في الغارة ثلاثة»
            at += 2
        phrase = self.read(at)
        return phrase if phrase is not None and phrase.proclitics in ("", "و") else None

    def past_asides(self, at: int) -> int:
        """The first token that is no adverb, no date, no «في» with its place and no aside between commas."""
        while at < self.stop:
            aside = self._aside(at)
            if aside is None:
                return at
            at = aside
        return at

    def _aside(self, at: int) -> int | None:
        if self.is_word("adverb", at) or (self.word(at).isdecimal() and self.is_word("adverb", at - 1)):
            return at + 1
        if self.reading.gaps[at] is Gap.MARK and not self.phrases.is_trigger(at):
            # «قتلت قسد، في عملية أمنية، قياديا»
            for end in range(at + 1, min(at + _ASIDE_REACH, self.stop)):
                if self.phrases.is_trigger(end):
                    return None
                if self.reading.gaps[end] is Gap.MARK and self.is_word("preposition", at):
                    return end
        if self.is_word("partner", at) and self.word(at + 1) == "مع":
            phrase = self.read(at + 2)
            return phrase.end if phrase is not None else None
        if self.word(at) in ("في", "ب"):
            for end in range(at + 1, min(at + _SUBJECT_REACH, self.stop)):
                mention = self.phrases.mention_at.get(end)
                if mention is not None and self.phrases.entity_of[end].type == "LOC":
                    return mention.end
        return None

    @cached_property
    def all_phrases(self) -> list[Phrase]:
        """Every noun phrase of the sentence, from left to right, none inside another."""
        found = []
        at = self.start
        while at < self.stop:
            phrase = self.read(at)
            if phrase is not None:
                found.append(phrase)
            at = phrase.end if phrase is not None else at + 1
        return found

    def subject_before(self, at: int) -> Phrase | None:
        """The phrase right before a verb, adverbs and adjectives left out: «قسد قتلت», «أن مسلحين قتلوا»."""
        for phrase in reversed(self.all_phrases):
            if phrase.end > at:
                continue
            between = range(phrase.end, at)
            if len(between) > _SUBJECT_REACH or self._governed(phrase) or self._interrupted(between, at):
                return None
            return phrase
        return None

    def _interrupted(self, between: range, at: int) -> bool:
        """Whether something ends the noun phrase before the verb: a preposition, another verb, a second clause."""
        if self.word(at).startswith("و") and self.word(at)[1:] in TRIGGERS:
            return True
        for place in between:
            if self.is_word("relative", place) or self.is_word("adverb", place):
                continue
            stops = self.is_word("preposition", place) or self.is_word("clause", place) or self.is_word("cause", place)
            if stops or self.phrases.is_trigger(place) or self.phrases.mention_at.get(place) is not None:
                return True
        return any(self.reading.gaps[place] is not Gap.SOFT for place in (*between, at))

    def _governed(self, phrase: Phrase) -> bool:
        """Whether a preposition stands before a phrase, so that it is no subject; «ما يعرف بـ» is none."""
        before = phrase.at - 1
        if self.word(before) in ("ب", "باسم"):
            return not self.is_word("called", before - 1)
        if phrase.proclitics.endswith(("ب", "ل", "ك")):
            return not self.is_word("called", before)
        return self.is_word("preposition", before) and self.reading.gaps[phrase.at] is not Gap.SENTENCE

    def clause_subject(self, at: int) -> Phrase | None:
        """The subject of the clause before: the first name or group of the sentence that no preposition governs."""
        for phrase in self.all_phrases:
            if phrase.end > at:
                return None
            # «القامشلي (سوريا) - قالت …»: what stands alone between marks is a dateline.
            alone = self.reading.gaps[phrase.at] is Gap.MARK and self.reading.gaps[phrase.end] is Gap.MARK
            if not alone and not self._governed(phrase) and phrase.parties != ("@UNK",):
                return phrase
        return None

    def speaker(self, at: int) -> Phrase | None:
        """Whom «إنها» before a verb means: the subject of the last verb of saying."""
        for place in range(at - 1, self.start - 1, -1):
            if self.is_word("say", place):
                phrase = self.next_phrase(place + 1)
                return phrase if phrase is not None and phrase.end <= at else self.subject_before(place)
        return None

    def end_from(self, at: int) -> int:
        """Where the clause ends that token `at` is in: at «وكان», or at a comma with a new verb or a conjunction behind it."""
        for place in range(at, self.stop):
            conjoined = self.word(place).startswith("و") or self.is_word("clause", place)
            marked = place > at and self.reading.gaps[place] is Gap.MARK and not self.is_word("relative", place)
            if self.is_word("break", place) or (marked and conjoined):
                return place
        return self.stop

    def start_to(self, at: int) -> int:
        """Where the clause begins that ends before token `at`."""
        for place in range(at - 1, self.start, -1):
            if self.is_word("break", place):
                return place + 1
            conjoined = self.word(place).startswith("و") or self.word(place) == "ثم"
            if self.reading.gaps[place] is Gap.MARK and conjoined:
                return place
        return self.start

    def partners(self, start: int, stop: int) -> tuple[str, ...]:
        """Who acts with the subject: «بالتعاون مع قوات التحالف»."""
        for at in range(start, min(stop, self.stop)):
            if self.is_word("partner", at) and self.word(at + 1) == "مع":
                phrase = self.read(at + 2)
                return phrase.parties if phrase is not None else ()
        return ()

    def author(self, start: int, stop: int) -> tuple[str, ...]:
        """Whom the tokens from `start` to `stop` ascribe a deed to: «على يد», «برصاص», «في غارة شنتها»."""
        for at in range(start, min(stop, self.stop)):
            found = self._author_at(at)
            if found:
                return found
        return ()

    def _author_at(self, at: int) -> tuple[str, ...]:
        if (self.word(at) == _ON and self.is_word("hand", at + 1)) or (
            self.word(at) == "من" and self.is_word("party", at + 1)
        ):
            return self._parties(at + 2)
        if self.is_word("weapon", at):
            return self._parties(at + 1)
        if self.is_word("launch_self", at):
            subject = self.clause_subject(at)
            return (*subject.parties, *self.partners(at, self.stop)) if subject is not None else ()
        if self.is_word("launch", at):
            phrase = self.next_phrase(at + 1)
            return phrase.parties if phrase is not None and phrase.parties != ("@UNK",) else ()
        if self.is_word("clash", at):
            ahead = range(at + 1, min(at + _CAUSE_REACH, self.stop))
            return next((self._parties(place + 1) for place in ahead if self.word(place) == "مع"), ())
        return self._cause(at) if self.is_word("cause", at) else ()

    def _parties(self, at: int) -> tuple[str, ...]:
        phrase = self.read(at)
        return () if phrase is None or phrase.parties == ("@UNK",) else phrase.parties

    def _cause(self, at: int) -> tuple[str, ...]:
        """The author of an attack named by a noun: «غارة إسرائيلية», «قصف للجيش», «ضربة التحالف»."""
        for place in range(at + 1, min(at + _CAUSE_REACH, self.stop)):
            if self.reading.gaps[place] is not Gap.SOFT:
                break
            mention = self.phrases.mention_at.get(place)
            if mention is not None:
                entity = self.phrases.entity_of[place]
                proclitics = self.word(place)[: mention.skip]
                belongs = proclitics == "ل" or (not proclitics and place == at + 1)
                actor = entity.type == "ORG" or (entity.kind == "state" and proclitics == "ل")
                return (entity.id,) if belongs and actor else ()
            state = nation(self.word(place))
            if state is not None:
                named = self.phrases.known.get(state)
                return ("@MIL", named) if named else ("@MIL",)
            if self.is_word("preposition", place) or self.is_word("launch", place) or self.phrases.is_trigger(place):
                break
        return ()


def _forms(*constructions: str) -> frozenset[str]:
    return frozenset(
        form for form, entries in TRIGGERS.items() if any(it.construction in constructions for it in entries)
    )


_NOUNS = _forms("noun")
_VERBS = _forms("verb", "active", "passive")
