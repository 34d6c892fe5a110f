"""What to do about a match: a pure decision with its reason as the answer."""

from enum import StrEnum
from typing import NamedTuple

from marsad.article import Article

HOUR_MS = 3_600_000


class Decision(StrEnum):
    """What became of one article that meets one rule."""

    ALERT = "alert"
    """It is told."""
    AGAIN = "again"
    """Its story was told and has grown by as many articles as the rule asks for: it is told."""
    TOLD = "told"
    """The rule has told this story already, or will when its time is up; the article is listed under that alert."""
    THROTTLED = "throttled"
    """The rule told something else a moment ago; it is held back and told, with all that is, when the time is up."""
    BACKLOG = "backlog"
    """It is old news: stored and searchable, and not told."""


class Limits(NamedTuple):
    """How old an article may be and still be told, in ms."""

    max_age: int
    first_poll_max_age: int


class RuleState(NamedTuple):
    """What a rule asks for, and where it stands; times in ms."""

    since: int
    """When it came into force."""
    throttle: int = 0
    again: int = 0
    last_told: int | None = None
    due: int | None = None
    """When what it holds back is told; None where it holds nothing back."""


class StoryState(NamedTuple):
    """What a rule has said of a story."""

    alert: str | None = None
    """The last alert about it."""
    tellings: int = 0
    """How many alerts there were."""
    further: int = 0
    """Articles of the story that have met the rule since the last alert."""
    held: bool = False
    """Whether the last alert is still held back."""


def decide(article: Article, *, rule: RuleState, story: StoryState, limits: Limits, now: int) -> Decision:
    """Decide once, when the article first meets the rule.

    An article's age is taken when it was first seen, so that an outage of ours withholds nothing: however late the
    article gets here, what was fresh is told.
    """
    news = _is_news(article, rule.since, limits)
    if story.tellings == 0 and not news:
        return Decision.BACKLOG
    if story.tellings and not (news and _has_grown(rule, story)):
        return Decision.TOLD
    if held_until(rule, now) is not None:
        return Decision.THROTTLED
    return Decision.AGAIN if story.tellings else Decision.ALERT


def held_until(rule: RuleState, now: int) -> int | None:
    """Until when a match of the rule is held back; None where it may be told now.

    What comes while something is held back waits with it, also past its time: the next telling takes all of it along.
    A last telling in the future means that the clock was put back, and holds nothing.
    """
    if not rule.throttle:
        return None
    if rule.due is not None:
        return rule.due
    if rule.last_told is not None and rule.last_told <= now < rule.last_told + rule.throttle:
        return rule.last_told + rule.throttle
    return None


def _has_grown(rule: RuleState, story: StoryState) -> bool:
    return bool(rule.again) and not story.held and story.further + 1 >= rule.again


def _is_news(article: Article, rule_since: int, limits: Limits) -> bool:
    limit = min(limits.max_age, limits.first_poll_max_age) if article.initial else limits.max_age
    return article.first_seen >= rule_since and article.first_seen - article.time <= limit
