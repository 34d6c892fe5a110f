"""Days that a sentence names, resolved against the day of publication in the publisher's own offset."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from marsad.arabic.clitics import stems
from marsad.arabic.tokens import WORDS_REMEMBERED
from processors.events.lexicon import number
from processors.tables import forms, rows


def _table(kind: str) -> Mapping[tuple[str, ...], int]:
    found = {}
    for row_kind, value, words in rows(__package__ or "processors.events", "times.tsv"):
        if row_kind == kind:
            found.update({tuple(form.split()): int(value) for form in forms(words)})
    return found


_RELATIVE = _table("relative")
_WEEKDAYS = _table("weekday")
_MONTHS = _table("month")
_NEXT = _table("next")
_LAST = _table("last")
_FIRST_WORDS = frozenset({key[0] for table in (_RELATIVE, _WEEKDAYS, _MONTHS) for key in table} | {"عام", "سنه"})
_YEARS = range(1900, 2100)
_DAYS = range(1, 32)
_WEEK = 7
_ADJACENT = 3
"""Expressions at most so many tokens apart speak of one day: «أمس الأحد 8 يونيو»."""


class Time(NamedTuple):
    """A day, month or year named from token `at` up to `end`; the more exact kinds of expression have the higher rank."""

    at: int
    end: int
    value: str
    rank: int


def find_times(words: Sequence[str], sentence: range, published: datetime | None) -> list[Time]:
    """The times of a sentence, in order; what stands side by side is one."""
    day = None if published is None else published.date()
    found: list[Time] = []
    for time in _times(words[sentence.start : sentence.stop], sentence.start, day):
        last = found[-1] if found else None
        if last is not None and time.at < last.end:
            continue
        if last is not None and time.at - last.end < _ADJACENT:
            found[-1] = Time(last.at, time.end, *max((last, time), key=lambda it: it.rank)[2:])
        else:
            found.append(time)
    return found


def _times(words: Sequence[str], start: int, day: date | None) -> Iterator[Time]:
    for at, word in enumerate(words):
        if not _tells_time(word):
            continue
        time = _dated(words, at, day) or _year(words, at) or (_spoken(words, at, day) if day else None)
        if time is not None:
            yield time._replace(at=time.at + start, end=time.end + start)


@lru_cache(WORDS_REMEMBERED)
def _tells_time(word: str) -> bool:
    """Whether a time may begin with that word."""
    return word.isdecimal() or any(stem.text in _FIRST_WORDS for stem in stems(word))


def _dated(words: Sequence[str], at: int, day: date | None) -> Time | None:
    """«8 يونيو 2020», «8 يونيو», «يونيو 2020», «يونيو الماضي»."""
    number_first = _plain(words, at, _DAYS)
    first = at if number_first is None else at + 1
    month, end = _month(words, first)
    if month is None:
        return None
    if words[end : end + 1] and _month(words, end)[0] == month:  # «تشرين الأول أكتوبر»
        end = _month(words, end)[1]
    year = _plain(words, end, _YEARS)
    if year is not None:
        end += 1
    elif day is not None and (number_first is not None or tuple(words[end : end + 1]) in _LAST):
        year = _latest_year(month, number_first, day)
    if year is None:
        return None
    if number_first is None:
        return Time(at, end, f"{year:04}-{month:02}", 4)
    try:
        return Time(at, end, date(year, month, number_first).isoformat(), 5)
    except ValueError:
        return None


def _year(words: Sequence[str], at: int) -> Time | None:
    """«عام 2019»."""
    year = _plain(words, at + 1, _YEARS) if words[at].removeprefix("ال") in ("عام", "سنه") else None
    return None if year is None else Time(at, at + 2, str(year), 1)


def _latest_year(month: int, number_in_month: int | None, day: date) -> int:
    """The year of the last such day that is not more than a week ahead of the day of publication."""
    ahead = day + timedelta(days=_WEEK)
    return ahead.year if (month, number_in_month or 1) <= (ahead.month, ahead.day) else ahead.year - 1


def _spoken(words: Sequence[str], at: int, day: date) -> Time | None:
    """«اليوم», «أول أمس», «الثلاثاء», «الثلاثاء المقبل»."""
    for stem in stems(words[at]):
        key = (stem.text,)
        following = tuple(words[at + 1 : at + 2])
        if key in _RELATIVE:
            back = -1 if at and words[at - 1] == "اول" and stem.text == "امس" else 0
            return Time(at, at + 1, (day + timedelta(days=_RELATIVE[key] + back)).isoformat(), 3)
        if key in _WEEKDAYS:
            since = (day.weekday() - _WEEKDAYS[key]) % _WEEK
            shift = _WEEK - since if following in _NEXT else -since
            if not since and following in _LAST:
                shift = -_WEEK
            return Time(at, at + 1, (day + timedelta(days=shift)).isoformat(), 2)
    return None


def _month(words: Sequence[str], at: int) -> tuple[int | None, int]:
    for length in (2, 1):
        month = _MONTHS.get(tuple(words[at : at + length]))
        if month is not None:
            # «آب» reads as a father too: it is a month only beside a number.
            if words[at] == "اب" and not (at and words[at - 1].isdecimal()):
                return None, at
            return month, at + length
    return None, at


def _plain(words: Sequence[str], at: int, allowed: range) -> int | None:
    value = number(words[at]) if at < len(words) and words[at].isdecimal() else None
    return value if value in allowed else None
