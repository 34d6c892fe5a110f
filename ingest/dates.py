"""Dates as feeds write them, kept in the publisher's own offset."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from ingest.tables import rows

ZONES: Final = {
    "EET": "+0200",
    "EEST": "+0300",
    "MSK": "+0300",
    "TRT": "+0300",
    "CET": "+0100",
    "CEST": "+0200",
    "BST": "+0100",
}
"""Names that the mail standard lacks, as they stand in feeds from the region."""

MONTHS: Final = {name.replace("_", " "): english for english, names in rows("months.tsv") for name in names.split()}
ARABIC: Final = re.compile(
    r"(?:^|\s)(\d{1,2})\s+(" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r")(?:\s*/\s*\w+(?:\s\w+)?)?"
    r"\s*[،,]?\s+(\d{4})(?:\D*?\b(\d{1,2}:\d\d(?::\d\d)?)\s*(ص|م|صباحا|مساء)?(?!\w)(.*))?"
)
"""A day, a month by its Arabic name (perhaps the second one after «/»), a year, and perhaps a time."""

NAMED_ZONE: Final = re.compile(r"\b(" + "|".join(ZONES) + r")\s*$")
GMT_OFFSET: Final = re.compile(r"(?:GMT|UTC?|Z)?\s*([+-])(\d{1,2})(?::?(\d{2}))?\s*$", re.IGNORECASE)
HAS_TIME: Final = re.compile(r"\d:\d\d")
DIGITS: Final = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
YEARS: Final = range(1971, 9_000)
FARTHEST: Final = timedelta(hours=15)
LONGEST: Final = 100


def aware_date(written: str) -> datetime | None:
    """The moment that was written, RFC 822 or ISO 8601; without an offset it counts as UTC; None where it cannot be read."""
    text = " ".join(written[:LONGEST].translate(DIGITS).split())
    text = _english(text)
    text = NAMED_ZONE.sub(lambda zone: ZONES[zone[1]], text)
    if HAS_TIME.search(text):
        text = GMT_OFFSET.sub(lambda offset: f" {offset[1]}{offset[2]:0>2}{offset[3] or '00'}", text)
    for read in (_iso, parsedate_to_datetime):
        try:
            return _plain(read(text))
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def _english(text: str) -> str:
    """The date as the mail standard writes it where the month has an Arabic name, else as it is."""
    found = ARABIC.search(text)
    if found is None:
        return text
    day, month, year, time, half, rest = found.groups()
    if time and half:
        hour, _, minutes = time.partition(":")
        afternoon = half.startswith("م")
        time = f"{int(hour) % 12 + 12 * afternoon}:{minutes}" if int(hour) <= 12 else time  # noqa: PLR2004 - a clock
    return f"{day} {MONTHS[month]} {year} {time or '00:00'} {rest or ''}".strip()


def _iso(text: str) -> datetime:
    return datetime.fromisoformat(re.sub(r" (?=[+-]\d)| (?:Z|UTC|GMT)$", "", text) if text[:4].isdecimal() else text)


def _plain(moment: datetime) -> datetime:
    """Aware, in a year that every reader takes, with an offset of whole minutes; ValueError for other years."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if aware.year not in YEARS:
        raise ValueError(f"the year {aware.year}")
    offset = aware.utcoffset() or timedelta()
    if abs(offset) > FARTHEST or offset % timedelta(minutes=1):
        return aware.astimezone(UTC)
    return aware
