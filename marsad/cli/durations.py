"""Times as people type them on the command line."""

import re
from datetime import UTC, datetime

from marsad.errors import OperatorError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def moment(text: str, now_ms: int, option: str) -> int:
    """A time in ms: «24h», «7d» before now, or ISO 8601 («2026-11-28», in UTC where no offset is given)."""
    if found := re.fullmatch(r"(\d{1,6})([smhdw])", text):
        return now_ms - int(found[1]) * _UNITS[found[2]] * 1000
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise OperatorError(
            f"{option}: «{text}» is no time: give 30m, 24h, 7d, or a date such as 2026-11-28"
        ) from error
    return int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1000)
