"""The fields of the query language: what stands behind `actor:`, `event:`, `place:`, `source:`, `title:`, `since:` and `until:`.

Each function takes a field's value as it was typed and gives terms or times, or says in a QueryError what would be allowed.
"""

import difflib
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal, TypeAlias, get_args

from indexers.query.ast import ActorTerm, And, Marked, Or, Query, Spelling
from marsad.annotation import EventType
from marsad.arabic.tokens import terms
from marsad.catalogue import Actor, Catalogue
from marsad.errors import OperatorError

FieldName: TypeAlias = Literal["actor", "event", "place", "source", "title", "since", "until"]

NAMES: dict[str, FieldName] = {name: name for name in get_args(FieldName)} | {
    "فاعل": "actor",
    "جهة": "actor",
    "حدث": "event",
    "مكان": "place",
    "مصدر": "source",
    "عنوان": "title",
    "منذ": "since",
    "حتى": "until",
}
"""What may be typed for each field."""

TIMES: frozenset[FieldName] = frozenset(("since", "until"))

MODES: dict[str, str] = {
    "ASSAULT": "abduct beat torture sexual targeted destroy primitive firearms explosives suicide-attack aerial drone "
    "heavy-weapons crowd-control unconventional",
    "COERCE": "seize restrict censor curfew martial-law arrest deport withhold misinformation cyber",
    "PROTEST": "demo riot strike hunger boycott obstruct",
    "MOBILIZE": "troops weapons police militia",
    "RETREAT": "withdraw release return disarm ceasefire access resign",
    "CONSULT": "visit third-party multilateral phone",
    "REQUEST": "assist change yield meet",
    "ACCUSE": "disapprove investigate allege",
    "REJECT": "assist change yield meet",
    "THREATEN": "restrict ban arrest relations expel territory violence",
    "SANCTION": "convict expel withdraw discontinue",
}
"""The modes of each type of event that has any. Source: the PLOVER manual, Open Event Data Alliance, 2021 to 2023."""

_AGO = re.compile(r"(\d{1,5})(m|h|d|w)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class QueryError(OperatorError):
    """A query that cannot be understood; the text says where and what would help."""


def actor(value: str, typed: str, catalogue: Catalogue) -> ActorTerm:
    """A known actor by its id or any of its names, English ones too."""
    found = catalogue.actors.get(value) or catalogue.actors.get(value.lower()) or _named(value, catalogue)
    if found is not None:
        return ActorTerm(found.id, typed)
    names = {
        name: one.id for one in catalogue.actors.values() for name in (one.id, one.name, one.english, *one.aliases)
    }
    close = dict.fromkeys(names[name] for name in difflib.get_close_matches(value, names, 5))
    hint = f"did you mean {' or '.join(close)}?" if close else f"an id is, for example, {next(iter(catalogue.actors))}"
    raise QueryError(f"«{typed}»: there is no actor «{value}» in the catalogue, by id or by name; {hint}")


def _named(value: str, catalogue: Catalogue) -> Actor | None:
    words = terms(value)
    if not words:
        return None
    named = catalogue.named(words, 0)
    if named is not None and named[1] == len(words):
        return named[0]
    return next((one for one in catalogue.actors.values() if terms(one.english) == words), None)


def event(value: str, typed: str) -> Marked:
    """Events of a type, or of one mode of it."""
    kind, slash, mode = value.partition("/")
    kind, mode = kind.upper(), mode.lower()
    if kind not in get_args(EventType):
        raise QueryError(f"«{typed}»: there is no type of event «{kind}»; there are: {', '.join(get_args(EventType))}")
    if not slash:
        return Marked("event", kind, typed)
    modes = MODES.get(kind, "").split()
    if mode not in modes:
        there = f"there are: {', '.join(modes)}" if modes else "it has none"
        raise QueryError(f"«{typed}»: {kind} has no mode «{mode}»; {there}")
    return Marked("event", f"{kind}/{mode}", typed)


def place(value: str, typed: str, catalogue: Catalogue) -> ActorTerm | Marked:
    """A place that is mentioned: a known one under all its names, any other as it is written."""
    words = _words(value, typed)
    known = _named(value, catalogue)
    if known is not None and known.type == "LOC":
        return ActorTerm(known.id, typed)
    return Marked("place", " ".join(words), typed)


def source(value: str, typed: str) -> Query:
    """An outlet whose name has all these words, or the feed of that id."""
    words = tuple(Marked("source", word, typed) for word in dict.fromkeys(_words(value, typed)))
    return Or((words[0] if len(words) == 1 else And(words, ()), Marked("feed", value, typed)))


def title(value: str, typed: str, *, phrase: bool) -> Spelling:
    """A word in its written forms, or words side by side, in the title."""
    words = _words(value, typed)
    return Spelling(tuple(words), "forms" if len(words) == 1 and not phrase else "proclitics", typed, in_title=True)


def moment(name: FieldName, value: str, typed: str, now: datetime) -> int:
    """The time in ms at which `since` begins or `until` ends; a day is one of `now`'s offset, and `until` takes it in."""
    ago = _AGO.fullmatch(value.lower())
    try:
        if ago is not None:
            found = now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        else:
            found = datetime.fromisoformat(value)
            if found.tzinfo is None:
                found = found.replace(tzinfo=now.tzinfo)
            if name == "until" and len(value) == len("2026-11-01"):
                found += timedelta(days=1)
        return int(found.timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise QueryError(
            f"«{typed}»: «{value}» is no time; write a day (2026-11-01), a time (2026-11-01T14:30), or how long ago "
            "(90m, 24h, 7d, 2w)"
        ) from error


def unknown(name: str, typed: str) -> QueryError:
    """What to say of a field that does not exist."""
    return QueryError(
        f"«{typed}»: there is no field «{name}»; there are: {', '.join(f'{one}:' for one in get_args(FieldName))} and forms:. "
        f'To look for the words themselves put them in quotation marks: "{typed}"'
    )


def _words(value: str, typed: str) -> Sequence[str]:
    words = terms(value)
    if not words:
        raise QueryError(f"«{typed}»: «{value}» has no letters or digits to look for")
    return words
