"""What a person reads of an alert, Arabic first: what, where, why, when, and the link, each on a line of its own."""

import re
from collections.abc import Callable

from marsad.alert import Alert

TITLE, LINES = 200, 20
"""Characters of a title and stories held back, that are shown at most."""
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+")
"""Control characters and the signs that turn the direction of what follows: a feed has no business with either."""


def headline(alert: Alert) -> str:
    """One line: the rule and the title."""
    return f"{_line(alert.name or alert.rule)}: {_line(alert.title) or _line(alert.outlet)}"


def body(alert: Alert, when: Callable[[int], str]) -> str:
    """All else. `when` writes a time in ms as people of the place do."""
    lines = [f"{_line(alert.outlet)}، نُشر {when(alert.published)}"]
    lines += [f"السبب «{_line(reason.surface)}»: {_line(reason.excerpt, 300)}" for reason in alert.reasons[:2]]
    if alert.further:
        lines.append(f"القصة تكبر: {alert.further} من المواد منذ آخر تنبيه")
    lines.append(alert.url)
    if alert.bundled_count:
        lines.append(f"قصص أخرى للقاعدة نفسها أُجّلت حتى الآن، وعددها {alert.bundled_count}:")
    for other in alert.bundled[:LINES]:
        why = "»، «".join(map(_line, other.surfaces))
        lines += [f"• {_line(other.outlet)}: {_line(other.title)} («{why}»)", other.url]
    if alert.bundled_count > min(LINES, len(alert.bundled)):
        lines.append(f"والبقية: marsad alerts --rule {alert.rule}")
    lines.append(
        f"جُلب {when(alert.fetched)}، نُبّه {when(alert.released or alert.decided)}، القاعدة {alert.rule}: {_line(alert.query)}"
    )
    return "\n".join(lines)


def _line(text: str, longest: int = TITLE) -> str:
    clean = " ".join(CONTROLS.sub(" ", text).split())
    return clean if len(clean) <= longest else clean[: longest - 1].rstrip() + "…"
