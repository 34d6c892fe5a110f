"""Rebuilding what `notify` remembers from marsad.alerts, where its volume was lost.

Every alert is taken over as it was last recorded, with what became of its notifications; then matching begins anew with the
stories that are young enough to be told. What was told is not told again, what waited in the outbox waits there again, and
the rules are taken to have been in force all that time, so that an outage withholds nothing.
"""

import threading
from collections.abc import Callable, Mapping

import structlog

from indexers.alerts import state
from indexers.alerts.decide import Decision, StoryState
from indexers.alerts.rules import Rule, RuleSet
from marsad.alert import Alert
from marsad.codec import decode, encode
from marsad.errors import ItemError
from marsad.message import after
from marsad.messagelog import MessageLog
from marsad.stage import BATCH, PATIENCE_S, starts
from marsad.statefile import StateFile, Transaction
from marsad.topics import ALERTS, STORIES

REBUILD = "notify rebuild"
log = structlog.get_logger(__name__)


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
    if file.positions(consumer):
        return
    ends = {partition: bounds.next for partition, bounds in source.bounds(ALERTS.name).items()}
    positions = starts(source, ALERTS) | file.positions(REBUILD)
    if not file.positions(REBUILD) and all(positions[partition] >= end for partition, end in ends.items()):
        return
    log.warning("nothing is remembered here: rebuilding from the alerts", path=str(file.path))
    now = file.clock()
    since = now - max_age
    restored = 0
    while any(positions.get(partition, 0) < end for partition, end in ends.items()):
        if stopping.is_set():
            return
        messages = source.read(positions, BATCH, PATIENCE_S)
        with file.transaction() as tx:
            for message in messages:
                try:
                    with tx.attempt():
                        take_over(tx, decode(message.value, Alert), rules().rules, now)
                except ItemError as error:
                    log.warning("an alert that cannot be taken over", offset=message.offset, reason=str(error))
                else:
                    restored += 1
            tx.advance(REBUILD, after(messages))
        positions |= after(messages)
    with file.transaction() as tx:
        tx.execute("UPDATE rule SET since = min(since, ?)", (since,))
        tx.advance(consumer, source.positions_at(STORIES.name, since))
    log.info("rebuilt", taken_over=restored, path=str(file.path))


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
