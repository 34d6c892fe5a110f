"""Rebuilding what `notify` remembers from marsad.alerts, where its volume was lost.

Every alert is taken over as it was last recorded, with what became of its notifications; then matching begins anew with the
stories that are young enough to be told. What was told is not told again, what waited in the outbox waits there again, and
the rules are taken to have been in force all that time, so that an outage withholds nothing.
"""

import threading
from collections.abc import Callable, Mapping

from indexers.alerts import state
from indexers.alerts.decide import Decision, StoryState
from indexers.alerts.rules import Rule, RuleSet
from marsad.alert import Alert
from marsad.codec import decode, encode
from marsad.message import Message
from marsad.messagelog import MessageLog
from marsad.rebuild import read_back
from marsad.stage import starts
from marsad.statefile import StateFile, Transaction
from marsad.topics import ALERTS, STORIES

REBUILD = "notify rebuild"


def rebuild(
    source: MessageLog,
    file: StateFile,
    rules: Callable[[], RuleSet],
    stopping: threading.Event,
    *,
    consumer: str,
    max_age: int,
) -> None:
    """Rebuild if `consumer` has read nothing yet with this file and there are alerts; returns early when asked to stop.

    A kill on the way is gone on from. `max_age`, in ms, is how old a story's article may be and still be told.
    """
    begin = starts(source, ALERTS)
    begun = file.positions(REBUILD)
    held = any(begin[partition] < bounds.next for partition, bounds in source.bounds(ALERTS.name).items())
    if file.positions(consumer) or not (held or begun):
        return
    now = file.clock()

    def take(tx: Transaction, message: Message) -> None:
        take_over(tx, decode(message.value, Alert), rules().rules, now)

    if read_back(source, file, REBUILD, begin, stopping=stopping, take_over=take):
        with file.transaction() as tx:
            tx.execute("UPDATE rule SET since = min(since, ?)", (now - max_age,))
            tx.advance(consumer, source.positions_at(STORIES.name, now - max_age))


def take_over(tx: Transaction, alert: Alert, rules: Mapping[str, Rule], now: int) -> None:
    """Remember an alert as it was recorded, in place of an earlier record of it; equal records give equal states."""
    told = alert.decided if alert.released is None else alert.released
    is_held = alert.carrier is None and any(one.state == "held" for one in alert.notifications)
    tx.execute("INSERT OR REPLACE INTO alert VALUES (?, ?, ?)", (alert.id, alert.decided, encode(alert)))
    tx.executemany(
        "INSERT INTO notification (id, receiver, alert, state, delivered, error) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET state = excluded.state, delivered = excluded.delivered, error = excluded.error",
        [
            (one.id, one.receiver, alert.id, one.state, one.delivered, one.error)
            for one in alert.notifications
            if one.state != "held"
        ],
    )
    tx.execute("DELETE FROM held WHERE alert = ?", (alert.id,))
    if is_held:
        throttle = rules[alert.rule].throttle if alert.rule in rules else 0
        state.hold_back(tx, alert, alert.decided + throttle)
    elif alert.carrier is None:
        known = tx.execute("SELECT last FROM rule_told WHERE rule = ?", (alert.rule,)).fetchone()
        state.record_telling(tx, alert.rule, told if known is None else max(told, known["last"]))
    before = tx.execute(
        "SELECT tellings FROM story_told WHERE rule = ? AND story = ?", (alert.rule, alert.story)
    ).fetchone()
    if before is None or before["tellings"] <= alert.telling:
        standing = StoryState(alert.id, alert.telling)
        state.record_story(tx, rule=alert.rule, story=alert.story, state=standing, now=now)
    was_held = is_held or alert.released is not None
    decision = Decision.THROTTLED if was_held else Decision.AGAIN if alert.telling > 1 else Decision.ALERT
    tx.execute(
        "INSERT OR REPLACE INTO decision VALUES (?, ?, ?, ?, ?)",
        (alert.rule, alert.article, alert.story, decision, alert.decided),
    )
