"""Lengths of time as people write them in a file of settings."""

import re

UNITS_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_WRITTEN = re.compile(r"(\d{1,9})\s*([smhd])")


class Duration(int):
    """A length of time in ms."""


def duration(written: object) -> Duration:
    """The length of time that «90s», «10m», «2h» or «1d» says; ValueError where it says none."""
    found = _WRITTEN.fullmatch(written) if isinstance(written, str) else None
    if found is None:
        shown = f"«{written}»" if isinstance(written, str) else repr(written)
        raise ValueError(f'{shown} is no length of time: write a number with s, m, h or d, such as "90s", "10m", "2h"')
    return Duration(int(found[1]) * UNITS_MS[found[2]])
