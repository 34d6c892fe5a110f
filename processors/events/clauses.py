"""One sentence as the coder sees it: its triggers, its phrases, the subject of a verb, where clauses begin and end."""

from functools import cached_property

from processors.events.lexicon import classes, people
from processors.events.phrases import Phrase, Phrases
from processors.events.spotting import Trigger, find_triggers
from processors.events.triggers import PLAIN
from processors.reading import Gap

_SHORT_WORD = 3
_SUBJECT_REACH = 4
"""Adverbs and adjectives that may stand between a subject and its verb."""
_TOPIC_REACH = 6
"""Sentences before in which who speaks is looked for."""
_ASIDE_REACH = 14
"""Tokens of an aside between two commas."""


class Clause:
    """A sentence of an article, as a range of tokens."""

    def __init__(self, phrases: Phrases, sentence: range, before: "Clause | None" = None) -> None:
        self._before = before
        self.phrases = phrases
        self.reading = phrases.reading
        self.words = phrases.words
        self.start, self.stop = sentence.start, sentence.stop
        self._classes = [classes(word) for word in self.words[self.start : self.stop]]
        self.acting: Phrase | None = None
        """Who kills or arrests by the active verb read last, which a verb joined by «و» shares."""
        self.agent: Phrase | None = None
        """The same of any verb."""

    @cached_property
    def triggers(self) -> list[Trigger]:
        """What the sentence says has happened, in order."""
        return find_triggers(self.reading, range(self.start, self.stop), self.phrases.covered)

    def word(self, at: int) -> str:
        """The normal form of a token of this sentence, or nothing outside it."""
        return self.words[at] if self.start <= at < self.stop else ""

    def is_word(self, name: str, at: int) -> bool:
        """Whether a token of this sentence is a word of that class."""
        return self.start <= at < self.stop and name in self._classes[at - self.start]

    def read(self, at: int) -> Phrase | None:
        """The noun phrase at a token."""
        return self.phrases.read(at, self.stop) if self.start <= at < self.stop else None

    def next_phrase(self, at: int, stop: int | None = None) -> Phrase | None:
        """The noun phrase at a token or behind adverbs, dates, places and asides between commas; it ends before `stop`."""
        at = self.past_asides(at)
        if self.word(at) == "في" and self.is_word("cause", at + 1):  # «قتل في الغارة ثلاثة»
            at += 2
        phrase = self.read(at) if stop is None else self.phrases.read(at, stop) if self.start <= at < stop else None
        return phrase if phrase is not None and phrase.proclitics in ("", "و") else None

    def past_asides(self, at: int) -> int:
        """The first token that is no adverb, no date, no «في» with its place and no aside between commas."""
        while at < self.stop:
            aside = at + 2 if self.words[at : at + 2] == ["علي", "الارجح"] else self._aside(at)
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
            phrase = self.read(at) if self.phrases.may_begin(at) else None
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
        if self.word(at).startswith("و") and self.word(at)[1:] in PLAIN:
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

    def first_speaker(self) -> Phrase | None:
        """The subject of the sentence's first verb of saying."""
        for place in range(self.start, self.stop):
            if self.is_word("say", place):
                phrase = self.subject_of(place, self.stop)
                return phrase if phrase is not None and phrase.parties != ("@UNK",) else None
        return None

    def end_from(self, at: int) -> int:
        """Where the clause ends that token `at` is in: at «وكان», or at a comma with a new verb or a conjunction behind it."""
        breaks, conjoined = self._ends
        return min(
            next((place for place in breaks if place >= at), self.stop),
            next((place for place in conjoined if place > at), self.stop),
        )

    @cached_property
    def _ends(self) -> tuple[list[int], list[int]]:
        """The words that end a clause, and those behind a comma that do."""
        places = range(self.start, self.stop)
        breaks = [place for place in places if self.is_word("break", place)]
        marks = [it for it in places if self.reading.gaps[it] is Gap.MARK and not self.is_word("relative", it)]
        return breaks, [it for it in marks if self.word(it).startswith("و") or self.is_word("clause", it)]

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

    def acting_before(self, at: int) -> Phrase | None:
        """Whom a verb or a participle without subject of its own takes for it: the last speaker, or who the sentence is about."""
        return self.agent or self.speaker(at) or self.clause_subject(at) or self._spoken_before()

    def _spoken_before(self) -> Phrase | None:
        """Who spoke or acted in the sentences before, for one that names no subject: «كما انتقد …»."""
        clause = self._before
        for _ in range(_TOPIC_REACH):
            if clause is None:
                break
            spoken = clause.first_speaker() or clause.agent
            if spoken is not None:
                return spoken
            clause = clause._before  # noqa: SLF001 - its own class
        return None

    def subject_of(self, at: int, stop: int) -> Phrase | None:
        """The subject of the plain verb at a token: what «أنها» stands for, what follows before `stop`, or what stands before."""
        if self.is_word("self", at - 1):
            return self.speaker(at) or self.clause_subject(at)
        subject = self.next_phrase(at + 1, stop)
        return subject if subject is not None and not subject.proclitics else self.subject_before(at)

    def last_person(self, at: int) -> tuple[str, ...]:
        """The person named last before a token of the sentence."""
        for place in range(at - 1, self.start - 1, -1):
            if place in self.phrases.mention_at and self.phrases.entity_of[place].type == "PER":
                return (self.phrases.entity_of[place].id,)
        return ()

    def is_city(self, at: int) -> bool:
        """Whether the token begins the name of a place that is no state."""
        entity = self.phrases.entity_of.get(at)
        return entity is not None and entity.type == "LOC" and entity.kind != "state"

    def attached(self, at: int, preposition: str) -> bool:
        """Whether the token begins with that preposition and not, as far as one can see, with a letter of its own."""
        mention = self.phrases.mention_at.get(at)
        word = self.word(at)
        if mention is not None:
            return preposition in word[: mention.skip]
        noun = people(word)
        if noun is not None:
            return preposition in noun.proclitics
        return len(word) > _SHORT_WORD and (preposition == "ب" or word.startswith("لل"))
