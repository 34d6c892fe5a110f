"""Reads noun phrases that name people: «ثلاثة من عناصر داعش», «جنديين», «القيادي «…»», «قسد والتحالف الدولي»."""

from collections.abc import Mapping
from typing import NamedTuple

from marsad.annotation import Entity
from processors.entities import Mention, Named
from processors.events.lexicon import (
    NUMBERS,
    People,
    definite,
    is_word,
    may_be_people,
    may_count,
    number,
    people,
    proclitics_of,
)
from processors.events.naming import Naming
from processors.reading import Gap, Reading

_REACH = 7
"""Tokens behind a noun among which the name that it belongs to is looked for."""
_ON = "علي"
"""«على» in normal form."""
_SECTORS_OF_STATES = ("@GOV", "@MIL", "@COP", "@JUD", "@LEG", "@IMM")
_TITLE_REACH = 9
"""Tokens before a person among which the title begins."""
_YEARS = range(1900, 2100)
"""A number like this with nobody behind it is a year."""
_DUAL = 2
_POINTING = ("تلك", "هذه", "هذا", "ذلك", "هولاء")
_BEHIND_PEOPLE = ("preposition", "clause", "adverb", "cause", "clash", "weapon", "launch", "launch_self")
"""Words that belong to the sentence and no more to the noun before them."""
_SERVICES = {"شرطه": "@COP", "امن": "@COP", "امنيه": "@COP", "درك": "@COP", "جيش": "@MIL"}


class Phrase(NamedTuple):
    """A noun phrase from token `at` up to `end`, with the parties it names: entity ids or sector codes."""

    at: int
    end: int
    parties: tuple[str, ...]
    number: int | None = None
    proclitics: str = ""
    feminine: bool = False
    unnamed: bool = False
    """It says only that they are people: «ثلاثة أشخاص»."""
    body: bool = False
    """It names an organisation, a state or its forces as a whole."""


class Phrases(Naming):
    """The noun phrases of one article."""

    def __init__(self, reading: Reading, mentions: list[Mention], entities: Mapping[Named, Entity]) -> None:
        super().__init__(reading, mentions, entities)
        self._read: dict[tuple[int, int], Phrase | None] = {}
        self._acting_for: dict[str, tuple[str, ...]] = {}

    def read(self, at: int, stop: int) -> Phrase | None:
        """The phrase that begins at token `at` and ends before `stop`, or None where none does."""
        if (at, stop) not in self._read:
            self._read[at, stop] = self._joined(at, stop)
        return self._read[at, stop]

    def may_begin(self, at: int) -> bool:
        """Whether a phrase may begin at a token: what is cheap to say of most that none does."""
        return at in self.mention_at or may_be_people(self.words[at])

    def _joined(self, at: int, stop: int) -> Phrase | None:
        """A phrase with those joined to it by «و»."""
        phrase = self._simple(at, stop)
        while phrase is not None and phrase.end < stop and self.reading.gaps[phrase.end] < Gap.SENTENCE:
            if not self.words[phrase.end].startswith("و") or self.is_trigger(phrase.end):
                break
            more = self._simple(phrase.end, stop)
            if more is None or more.proclitics != "و":
                break
            phrase = phrase._replace(
                end=more.end,
                parties=tuple(dict.fromkeys((*phrase.parties, *more.parties))),
                number=phrase.number + more.number if phrase.number and more.number else None,
                unnamed=phrase.unnamed and more.unnamed,
            )
        return phrase

    def _simple(self, at: int, stop: int) -> Phrase | None:
        phrase = self._single(at, stop)
        if phrase is not None and self.words[phrase.end : min(phrase.end + 2, stop)] == [_ON, "الاقل"]:
            return phrase._replace(end=phrase.end + 2)
        return phrase

    def _single(self, at: int, stop: int) -> Phrase | None:
        head, count, counted = self.quantity(at, stop)
        if head < stop and head in self.mention_at:
            return self._named(at, head, count, stop)
        if head + 1 in self.mention_at and head + 1 < stop and is_word("group", self.words[head]):
            return self._named(at, head + 1, count, stop)
        noun = people(self.words[head]) if head < stop else None
        if noun is not None and not (
            self.is_trigger(head) or is_word("adverb", self.words[head]) or self._qualifies(head)
        ):
            phrase = self._common(at, head, noun, count, stop)
            code = noun.word.code
            vague = noun.word.role == "body" and code not in _SECTORS_OF_STATES and phrase.parties == (code,)
            return None if vague and not definite(self.words[head]) else phrase
        if counted and not (self.words[at].isdecimal() and (number(self.words[at]) or 0) in _YEARS):
            return Phrase(at, head, ("@UNK",), count, proclitics_of(self.words[at]), unnamed=True)
        return None

    def _qualifies(self, at: int) -> bool:
        """Whether the token is an adjective of the noun before it rather than a noun: «الهجوم الإرهابي», «طائرة عسكرية»."""
        if at == 0 or not is_word("adjectival", self.words[at]) or self.reading.gaps[at] is not Gap.SOFT:
            return False
        before = self.words[at - 1]
        ends = any(is_word(name, before) for name in ("preposition", "clause", "quantity", "adverb", "say"))
        return (
            not ends
            and not before.isdecimal()
            and definite(before) == definite(self.words[at])
            and not self._counts(at - 1)
        )

    def _counts(self, at: int) -> bool:
        return number(self.words[at]) is not None or (self.is_trigger(at) and not is_word("cause", self.words[at]))

    def quantity(self, at: int, stop: int) -> tuple[int, int | None, bool]:
        """The token behind the words of number and measure at `at`, the number, and whether there was any."""
        if at < stop and not may_count(self.words[at]):
            return at, None, False
        count: int | None = None
        place = at
        counted = False
        while place < stop and (place == at or self.reading.gaps[place] is Gap.SOFT):
            word = self.words[place]
            pair = NUMBERS.get(" ".join(self.words[place : place + 2]))
            value = number(word)
            if self.words[place : place + 4] == ["ما", "لا", "يقل", "عن"]:
                place += 4
            elif pair is not None:  # «أحد عشر»
                count, counted = pair, True
                place += 2
            elif value is not None and place not in self.mention_at:
                percent = any(mark in "٪%" for mark in self.reading.between(place + 1))
                count, counted = (None if percent else (count or 0) + value), True
                place += 1
            elif is_word("quantity", word) and place not in self.mention_at:
                counted = True
                place += 1
            elif counted and word in ("من", "عن"):
                place += 1
            elif word == _ON and self.words[place + 1 : place + 2] == ["الاقل"]:
                place += 2
            else:
                break
        return place, count, counted

    def _named(self, at: int, head: int, count: int | None, stop: int) -> Phrase | None:
        mention, entity = self.mention_at[head], self.entity_of[head]
        government = self.government(mention) if entity.type == "LOC" and entity.kind != "state" else entity.id
        if government is None:
            return None
        end = self._repeated(mention.end, entity, stop)
        parties = [government]
        if entity.type == "PER":
            count = count or 1
            noun = people(self.words[end]) if end < stop else None
            if noun is not None and noun.word.role in ("leader", "member") and not noun.proclitics:
                named, end = self._names_behind(end + 1, stop)
                parties += [it for it in named if it not in parties]
        while end < stop and self.reading.gaps[end] is Gap.SOFT and is_word("epithet", self.words[end]):
            end += 1
        proclitics = self.words[at][: mention.skip] if at == head else proclitics_of(self.words[at])
        return Phrase(at, end, tuple(parties), count, proclitics, body=entity.type != "PER")

    def _repeated(self, end: int, entity: Entity, stop: int) -> int:
        """Past a second name of the same: «قوات سوريا الديمقراطية «قسد»»."""
        while end < stop and end in self.mention_at and self.entity_of[end] is entity:
            end = self.mention_at[end].end
        return end

    def _common(self, at: int, head: int, noun: People, count: int | None, stop: int) -> Phrase:
        named, end = self._names_behind(head + 1, stop)
        code = noun.word.code
        if noun.own and not named:
            named = self.nearest_organisation(head)
        if not named and noun.word.role == "body" and self.words[head].startswith("ال") and count is None:
            named = self.meant_by(self.words[head][2:], head)
        behind = head + 2 if self.words[head + 1 : head + 2] == ["من"] else head + 1
        service = _SERVICES.get(self.words[behind].removeprefix("ال")) if behind < stop else None
        if service is not None and not named:
            code, end = service, max(end, behind + 1)
        if end < stop and self.reading.gaps[end] is Gap.SOFT and number(self.words[end]) == _DUAL:  # «مسلحين اثنين»
            count, end = _DUAL, end + 1
        parties = named or (code,)
        if not named and code in _SECTORS_OF_STATES:
            parties = self._with_state(code, head + 1, min(end + 2, stop))
        feminine = noun.word.feminine and count is None
        count = count or noun.word.number or (1 if not self.people.isdisjoint(named) else None)
        proclitics = noun.proclitics if at == head else proclitics_of(self.words[at])
        unnamed = noun.word.role == "anyone" and not named
        body = count is None and definite(self.words[head]) and noun.word.role == "body"
        return Phrase(at, end, parties, count, proclitics, feminine, unnamed, body)

    def _with_state(self, code: str, at: int, stop: int) -> tuple[str, ...]:
        for place in range(at, stop):
            state = self.state_at(place)
            if state is not None and self.reading.gaps[place] is Gap.SOFT:
                return (code, state)
        return (code,)

    def acting_for(self, party: str) -> tuple[str, ...]:
        """A person and whom they act for, as the title at their first mention says; another party alone."""
        if party not in self.people:
            return (party,)
        if party not in self._acting_for:
            self._acting_for[party] = self._introduced(party)
        return self._acting_for[party]

    def _introduced(self, person: str) -> tuple[str, ...]:
        first = min(at for at, entity in self.entity_of.items() if entity.id == person)
        for at in range(max(first - _TITLE_REACH, 0), first):
            noun = people(self.words[at])
            if noun is not None and noun.word.role in ("leader", "member", "sector"):
                named, end = self._names_behind(at + 1, len(self.words))
                if named and named[0] == person and end > first:
                    return named
        phrase = self.read(first, len(self.words))
        return phrase.parties[:2] if phrase is not None and phrase.parties[:1] == (person,) else (person,)

    def _names_behind(self, at: int, stop: int) -> tuple[tuple[str, ...], int]:
        """The person and the organisation that a noun before token `at` belongs to, the person first, and where they end."""
        person: list[str] = []
        others: list[str] = []
        end = place = at
        last = min(stop, at + _REACH)
        while place < last and not self._ends_modifiers(place) and not self._apart(at - 1, place):
            mention = self.mention_at.get(place)
            if mention is None:
                place += 1
                last = min(stop, place + _REACH) if is_word("naming", self.words[place - 1]) else last
                continue
            entity = self.entity_of[place]
            if self.foreign(place) or (entity.type != "PER" and others) or (entity.type == "PER" and person):
                if entity.id not in (*person, *others):
                    break
            elif "و" in self.words[place][: mention.skip] or (entity.type == "ORG" and not self._owns(place, at)):
                break
            else:
                (person if entity.type == "PER" else others).append(entity.id)
            place = end = mention.end
        if person and not others:
            others += [state for state in map(self.state_at, range(at - 1, end)) if state is not None][:1]
        return (*person, *others), max(end, at)

    def _apart(self, head: int, place: int) -> bool:
        """Whether a definite noun cannot belong to an indefinite one before it: «مسلحون مجهولون | الصحفي»."""
        word = self.words[place]
        if definite(self.words[head]) or not definite(word) or place in self.mention_at or people(word) is None:
            return False
        closed = self.words[head].endswith(("ون", "ين", "ان", "ا"))
        return closed or any(not definite(it) and it not in _POINTING for it in self.words[head + 1 : place])

    def _owns(self, place: int, at: int) -> bool:
        """Whether the organisation at a token is whom a noun before token `at` belongs to, and not merely named after it."""
        if place == at:
            return True
        if self.words[place][: self.mention_at[place].skip] == "ل":  # «مسلحون تابعون لداعش», not «مسلحون قاعدة للجيش»
            between = self.words[at:place]
            return all(definite(it) or any(is_word(name, it) for name in ("belonging", "adjectival")) for it in between)
        before = self.words[place - 1]
        return place - 1 not in self.mention_at and (is_word("belonging", before) or people(before) is not None)

    def _ends_modifiers(self, place: int) -> bool:
        """Whether what belongs to a noun ends before this token."""
        word = self.words[place]
        apposed = self.reading.gaps[place] is Gap.MARK and self.is_person(place)  # «رئيس الحزب، فلان»
        if apposed or is_word("naming", word):
            return self.reading.gaps[place] is Gap.SENTENCE
        if self.reading.gaps[place] is not Gap.SOFT or self.is_trigger(place) or (number(word) or _DUAL) != _DUAL:
            return True
        if word.startswith("و") and place not in self.mention_at:
            return True
        if word == "في":
            following = self.words[place + 1 : place + 2]
            return place + 1 not in self.mention_at and not any(is_word("belonging", it) for it in following)
        if is_word("belonging", word) or place in self.mention_at:
            return False
        stop_word = any(is_word(name, word) for name in _BEHIND_PEOPLE) or word.startswith("ب")
        return stop_word or (people(word) is not None and not definite(word) and people(word) != people("عناصر"))
