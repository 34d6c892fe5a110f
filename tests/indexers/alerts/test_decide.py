"""What is told, and what is old news."""

import pytest

from indexers.alerts.decide import HOUR_MS, Decision, Limits, RuleState, StoryState, decide, held_until
from marsad.article import Article
from tests.samples import NOW, article

LIMITS = Limits(max_age=24 * HOUR_MS, first_poll_max_age=HOUR_MS)
TOLD = StoryState(alert="a", tellings=1)


def decided(made: Article, *, since: int = 0, told: bool = False) -> Decision:
    story = TOLD if told else StoryState()
    return decide(made, rule=RuleState(since), story=story, limits=LIMITS, now=NOW)


@pytest.mark.parametrize(
    ("age", "initial", "since", "told", "decision"),
    [
        (0, False, NOW - 1, False, Decision.ALERT),
        (23 * HOUR_MS, False, NOW - 1, False, Decision.ALERT),
        (25 * HOUR_MS, False, NOW - 1, False, Decision.BACKLOG),
        (30 * 60_000, True, NOW - 1, False, Decision.ALERT),
        (2 * HOUR_MS, True, NOW - 1, False, Decision.BACKLOG),
        (0, False, NOW + 1, False, Decision.BACKLOG),
        (0, False, NOW, False, Decision.ALERT),
        (0, False, NOW - 1, True, Decision.TOLD),
        (25 * HOUR_MS, True, NOW + 1, True, Decision.TOLD),
        (-HOUR_MS, False, NOW - 1, False, Decision.ALERT),
    ],
)
def test_a_match_is_told_when_it_is_news(
    age: int, since: int, *, initial: bool, told: bool, decision: Decision
) -> None:
    made = article(age=age, initial=initial)
    assert decided(made, since=since, told=told) is decision


def test_an_outage_of_ours_withholds_nothing() -> None:
    seen_fresh = article(age=HOUR_MS, version=NOW)
    assert decided(seen_fresh) is Decision.ALERT


def test_an_edit_counts_from_when_the_article_was_first_seen() -> None:
    edited = article(version=NOW + 48 * HOUR_MS, first_seen=NOW, age=HOUR_MS)
    assert decided(edited, since=NOW - 1) is Decision.ALERT
    assert decided(edited, since=NOW + 1) is Decision.BACKLOG


MINUTE = 60_000


@pytest.mark.parametrize(
    ("last_told", "due", "throttle", "until"),
    [
        (None, None, 0, None),
        (None, None, 10 * MINUTE, None),
        (NOW, None, 10 * MINUTE, NOW + 10 * MINUTE),
        (NOW - 9 * MINUTE, None, 10 * MINUTE, NOW + MINUTE),
        (NOW - 10 * MINUTE, None, 10 * MINUTE, None),
        (NOW - 9 * MINUTE, None, 0, None),
        (NOW + HOUR_MS, None, 10 * MINUTE, None),  # the clock was put back
        (NOW - HOUR_MS, NOW - 1, 10 * MINUTE, NOW - 1),  # what is held back is not told yet: this goes with it
        (None, NOW + 5, 10 * MINUTE, NOW + 5),
        (NOW, NOW + 5, 0, None),  # the rule has no throttle any more
    ],
)
def test_a_match_is_held_back_until_the_throttle_is_over(
    last_told: int | None, due: int | None, throttle: int, until: int | None
) -> None:
    rule = RuleState(0, throttle=throttle, last_told=last_told, due=due)
    assert held_until(rule, NOW) == until
    expected = Decision.ALERT if until is None else Decision.THROTTLED
    assert decide(article(), rule=rule, story=StoryState(), limits=LIMITS, now=NOW) is expected


@pytest.mark.parametrize(
    ("again", "further", "held", "age", "decision"),
    [
        (0, 100, False, 0, Decision.TOLD),
        (3, 1, False, 0, Decision.TOLD),
        (3, 2, False, 0, Decision.AGAIN),
        (3, 7, False, 0, Decision.AGAIN),
        (1, 0, False, 0, Decision.AGAIN),
        (3, 2, True, 0, Decision.TOLD),  # the story's alert has not been let go itself
        (3, 2, False, 25 * HOUR_MS, Decision.TOLD),  # growing by old news is no news
    ],
)
def test_a_story_is_told_again_only_when_it_has_grown_as_the_rule_asks(
    again: int, further: int, age: int, *, held: bool, decision: Decision
) -> None:
    story = StoryState(alert="a", tellings=1, further=further, held=held)
    assert decide(article(age=age), rule=RuleState(0, again=again), story=story, limits=LIMITS, now=NOW) is decision


def test_a_story_that_has_grown_is_held_back_by_the_throttle_too() -> None:
    rule = RuleState(0, throttle=MINUTE, again=1, last_told=NOW - 1)
    assert decide(article(), rule=rule, story=TOLD, limits=LIMITS, now=NOW) is Decision.THROTTLED


def test_the_throttle_changes_nothing_for_what_would_not_be_told() -> None:
    rule = RuleState(0, throttle=MINUTE, last_told=NOW - 1)
    assert decide(article(), rule=rule, story=TOLD, limits=LIMITS, now=NOW) is Decision.TOLD
    old = article(age=48 * HOUR_MS)
    assert decide(old, rule=rule, story=StoryState(), limits=LIMITS, now=NOW) is Decision.BACKLOG
