"""Dates as feeds write them, kept in the publisher's own offset."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

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
    text = NAMED_ZONE.sub(lambda zone: ZONES[zone[1]], text)
    if HAS_TIME.search(text):
        text = GMT_OFFSET.sub(lambda offset: f" {offset[1]}{offset[2]:0>2}{offset[3] or '00'}", text)
    for read in (_iso, parsedate_to_datetime):
        try:
            return _plain(read(text))
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


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
