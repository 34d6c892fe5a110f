"""What to do about a match: a pure decision with its reason as the answer."""

from enum import StrEnum
from typing import NamedTuple

from marsad.article import Article

HOUR_MS = 3_600_000


class Decision(StrEnum):
    """What became of one article that meets one rule."""

    ALERT = "alert"
    """It is told."""
    TOLD = "told"
    """The rule has told this story already; the article is listed under that alert."""
    BACKLOG = "backlog"
    """It is old news: stored and searchable, and not told."""


class Limits(NamedTuple):
    """How old an article may be and still be told, in ms."""

    max_age: int
    first_poll_max_age: int


def decide(article: Article, *, rule_since: int, story_told: bool, limits: Limits) -> Decision:
    """Decide once, when the article first meets the rule. `rule_since` is when the rule came into force, in ms.

    An article's age is taken when it was first seen, so that an outage of ours withholds nothing: however late the
    article gets here, what was fresh is told.
    """
    if story_told:
        return Decision.TOLD
    limit = min(limits.max_age, limits.first_poll_max_age) if article.initial else limits.max_age
    if article.first_seen < rule_since or article.first_seen - article.time > limit:
        return Decision.BACKLOG
    return Decision.ALERT
