"""From what a person types to a query.

داعش قسد            both, with or without AND; a name of the catalogue means that actor, any other word its written forms
داعش OR قسد         either; also | and أو
داعش -قسد           the first and not the second; also NOT
"غارة جوية"          these words side by side; و ف ب ل ك may be attached to the first
=القاعدة            this spelling alone
forms:حماس          the written forms, whatever they mean
(داعش OR قسد) دمشق   parentheses
actor:daesh event:ASSAULT/aerial place:"دير الزور" source:الجزيرة title:غارة since:7d until:2026-11-01   fields
"""

import re
from datetime import datetime
from typing import NamedTuple

from indexers.query import fields
from indexers.query.ast import ActorTerm, And, Attached, Or, Query, Search, Spelling, TimeRange
from indexers.query.fields import NAMES, TIMES, FieldName, QueryError
from marsad.arabic.tokens import terms
from marsad.catalogue import Actor, Catalogue

__all__ = ["QueryError", "parse", "parse_search"]

LONGEST = 2_000
DEEPEST = 20

_PART = re.compile(
    r"""\s*(?:
        (?P<open>\() | (?P<close>\)) | (?P<either>\||(?:OR|أو|او)(?=[\s()]|$)) | (?P<both>AND(?=[\s()]|$))
        | (?P<not>[-–—−](?=\S)|NOT(?=[\s(]|$))
        | (?P<prefix>=|[^\W\d_]+:(?=[^\s()|]))?(?:"(?P<phrase>[^"]*)"|«(?P<quoted>[^»]*)»|(?P<word>[^\s()|"«»]+))
    )""",
    re.VERBOSE,
)


_STRAIGHT = str.maketrans("“”„‟", '""""')
"""Phones and word processors put these in place of quotation marks."""
_OPERANDS = ("open", "word", "phrase")


class _Part(NamedTuple):
    kind: str
    text: str
    at: int
    prefix: str = ""

    @property
    def field(self) -> FieldName | None:
        return NAMES.get(self.prefix[:-1].lower())

    @property
    def typed(self) -> str:
        return f"{self.prefix}{self.text}" if self.kind == "word" else f'{self.prefix}"{self.text}"'


def parse(text: str, catalogue: Catalogue) -> Query:
    """The query that a text says, for articles as they come; QueryError where it says none."""
    return _parsed(text, catalogue, None).query


def parse_search(text: str, catalogue: Catalogue, now: datetime) -> Search:
    """The search that a text says; `now` has the offset in which days are meant. QueryError where it says none."""
    return _parsed(text, catalogue, now)


def _parsed(text: str, catalogue: Catalogue, now: datetime | None) -> Search:
    if len(text) > LONGEST:
        raise QueryError(f"the query has {len(text)} characters, and at most {LONGEST} are read")
    parts, times = _without_times(text, _parts(text.translate(_STRAIGHT)), now)
    parser = _Parser(text, parts, catalogue)
    query = parser.either(0)
    if parser.here < len(parser.parts):
        raise QueryError(f"«{text}»: the parenthesis at character {parser.parts[parser.here].at + 1} closes nothing")
    return Search(query, times)


def _without_times(text: str, parts: list["_Part"], now: datetime | None) -> tuple[list["_Part"], TimeRange]:
    """The parts that say no time, and the times; these hold for the whole query, wherever outside parentheses they stand."""
    rest: list[_Part] = []
    since: list[int] = []
    until: list[int] = []
    depth = 0
    for part in parts:
        depth += {"open": 1, "close": -1}.get(part.kind, 0)
        if part.field not in TIMES:
            rest.append(part)
            continue
        if now is None:
            raise QueryError(
                f"«{text}»: {part.prefix} is for searches; a rule meets articles as they come, and the setting "
                "alerts.max_age_h says how old they may be"
            )
        if depth or (rest and rest[-1].kind == "not"):
            raise QueryError(
                f"«{text}»: {part.prefix} holds for the whole query: it stands outside parentheses and NOT"
            )
        (since if part.field == "since" else until).append(fields.moment(part.field, part.text, part.typed, now))
    times = TimeRange(max(since, default=None), min(until, default=None))
    if times.since is not None and times.until is not None and times.since >= times.until:
        raise QueryError(f"«{text}»: until: ends before since: begins")
    return rest, times


def _parts(text: str) -> list[_Part]:
    parts = []
    at = 0
    end = len(text.rstrip())
    while at < end:
        found = _PART.match(text, at)
        if found is None:
            raise QueryError(f"«{text}»: cannot be read from character {at + 1} on; is a quotation mark left open?")
        kind = found.lastgroup or ""
        for name in ("phrase", "quoted", "word"):
            if found[name] is not None:
                kind = "word" if name == "word" else "phrase"
                if found[name].endswith(":") and found[name][:-1].lower() in NAMES:
                    raise QueryError(
                        f"«{text}»: {found[name]} needs a value right behind it, and in quotation marks if it has blanks"
                    )
                if kind == "word" and not found["prefix"] and found[name] in ("and", "or", "not"):
                    raise QueryError(
                        f"«{text}»: «{found[name]}» is written {found[name].upper()}; to look for the word itself put it in "
                        "quotation marks"
                    )
                parts.append(_Part(kind, found[name], found.start(), found["prefix"] or ""))
                break
        else:
            parts.append(_Part(kind, found.group().strip(), found.end() - len(found.group().strip())))
        at = found.end()
    return parts


class _Parser:
    def __init__(self, text: str, parts: list[_Part], catalogue: Catalogue) -> None:
        self.text = text
        self.parts = parts
        self.catalogue = catalogue
        self.here = 0

    def either(self, depth: int) -> Query:
        if depth > DEEPEST:
            raise QueryError(f"«{self.text}»: parentheses stand deeper than {DEEPEST}")
        found = [self.all_of(depth)]
        while self.kind() == "either":
            self.here += 1
            found.append(self.all_of(depth))
        return found[0] if len(found) == 1 else Or(tuple(found))

    def all_of(self, depth: int) -> Query:
        must: list[Query] = []
        must_not: list[Query] = []
        while self.kind() not in ("", "either", "close"):
            if self.kind() == "both":
                self.here += 1
                if not (must or must_not) or self.kind() not in (*_OPERANDS, "not"):
                    raise QueryError(f"«{self.text}»: an AND needs something on each side")
            negative = self.kind() == "not"
            if negative:
                self.here += 1
                if self.kind() not in _OPERANDS:
                    raise QueryError(f"«{self.text}»: a NOT needs something behind it")
            (must_not if negative else must).extend(self.operands(depth, single=negative))
        if not must:
            because = ", since what only excludes would match everything else" if must_not else ""
            raise QueryError(
                f"«{self.text}»: a query, each side of an OR, and each parenthesis need at least one word "
                f"that has to be there{because}"
            )
        return must[0] if len(must) == 1 and not must_not else And(tuple(must), tuple(must_not))

    def operands(self, depth: int, *, single: bool) -> list[Query]:
        part = self.parts[self.here]
        if part.kind == "open":
            self.here += 1
            inner = self.either(depth + 1)
            if self.kind() != "close":
                raise QueryError(f"«{self.text}»: the parenthesis at character {part.at + 1} is never closed")
            self.here += 1
            return [inner]
        if part.kind == "phrase" or part.prefix:
            self.here += 1
            return [self.spelling(part) if part.prefix in ("", "=", "forms:") else self.of_field(part)]
        end = self.here + 1
        while end < len(self.parts) and self.parts[end].kind == "word" and not self.parts[end].prefix:
            end += 1
        run = self.parts[self.here : end]
        if single:
            run = run[: self.first_term(run)]
        self.here += len(run)
        return self.run_of_words(run)

    def first_term(self, run: list[_Part]) -> int:
        """How many of these bare words are one term: a name of the catalogue, else one word."""
        tokens = [(token, number) for number, part in enumerate(run) for token in terms(part.text)]
        named = self.name_at(tokens, 0) if tokens else None
        return 1 if named is None else tokens[named[1] - 1][1] + 1

    def name_at(self, tokens: list[tuple[str, int]], at: int) -> tuple[Actor, int] | None:
        """The longest name of the catalogue at a token, and its length in tokens, where it ends with a word as typed."""
        named = self.catalogue.named([token for token, _ in tokens], at)
        if named is None:
            return None
        end = at + named[1]
        return named if end == len(tokens) or tokens[end][1] != tokens[end - 1][1] else None

    def run_of_words(self, run: list[_Part]) -> list[Query]:
        """Bare words: the longest name of the catalogue at each place, else the word's forms."""
        tokens = [(token, number) for number, part in enumerate(run) for token in terms(part.text)]
        for part in run:
            if not terms(part.text):
                raise QueryError(f"«{self.text}»: «{part.text}» has no letters or digits to look for")
        words = [token for token, _ in tokens]
        found: list[Query] = []
        at = 0
        while at < len(tokens):
            number = tokens[at][1]
            named = self.name_at(tokens, at)
            if named is not None:
                actor, length = named
                last = tokens[at + length - 1][1]
                found.append(ActorTerm(actor.id, " ".join(part.text for part in run[number : last + 1])))
                at += length
                continue
            size = sum(1 for _, owner in tokens[at:] if owner == number)
            attached: Attached = "forms" if size == 1 else "proclitics"
            found.append(Spelling(tuple(words[at : at + size]), attached, run[number].text))
            at += size
        return found

    def spelling(self, part: _Part) -> Spelling:
        words = tuple(terms(part.text))
        if not words:
            raise QueryError(f"«{self.text}»: «{part.text}» has no letters or digits to look for")
        attached: Attached = "proclitics"
        if part.prefix == "=":
            attached = "nothing"
        elif part.prefix and len(words) == 1:
            attached = "forms"
        return Spelling(words, attached, part.typed)

    def of_field(self, part: _Part) -> Query:
        match part.field:
            case "actor":
                return fields.actor(part.text, part.typed, self.catalogue)
            case "event":
                return fields.event(part.text, part.typed)
            case "place":
                return fields.place(part.text, part.typed, self.catalogue)
            case "source":
                return fields.source(part.text, part.typed)
            case "title":
                return fields.title(part.text, part.typed, phrase=part.kind == "phrase")
            case _:
                raise fields.unknown(part.prefix[:-1], part.typed)

    def kind(self) -> str:
        return self.parts[self.here].kind if self.here < len(self.parts) else ""
