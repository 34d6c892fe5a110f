"""What is told, and what is old news."""

import pytest

from indexers.alerts.decide import HOUR_MS, Decision, Limits, decide
from tests.samples import NOW, article

LIMITS = Limits(max_age=24 * HOUR_MS, first_poll_max_age=HOUR_MS)


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
    assert decide(made, rule_since=since, story_told=told, limits=LIMITS) is decision


def test_an_outage_of_ours_withholds_nothing() -> None:
    seen_fresh = article(age=HOUR_MS, version=NOW)
    assert decide(seen_fresh, rule_since=0, story_told=False, limits=LIMITS) is Decision.ALERT


def test_an_edit_counts_from_when_the_article_was_first_seen() -> None:
    edited = article(version=NOW + 48 * HOUR_MS, first_seen=NOW, age=HOUR_MS)
    assert decide(edited, rule_since=NOW - 1, story_told=False, limits=LIMITS) is Decision.ALERT
    assert decide(edited, rule_since=NOW + 1, story_told=False, limits=LIMITS) is Decision.BACKLOG
