"""What is remembered of rules, stories, alerts and notifications, in the state file."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from indexers.alerts.decide import Decision, RuleState, StoryState
from indexers.alerts.rules import Rule
from marsad.alert import Alert, Notification, alert_id
from marsad.codec import decode, encode
from marsad.statefile import Schema, StateFile, Transaction

RULE_OF = "json_extract(CAST(value AS TEXT), '$.value.rule')"
"""The rule of an alert: indexed as it stands in the value, so that files from before the index have it too."""

SCHEMA = Schema(
    "alerts",
    2,
    f"""
    CREATE TABLE IF NOT EXISTS rule (
        id TEXT PRIMARY KEY, query TEXT NOT NULL, since INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS rule_told (rule TEXT PRIMARY KEY, last INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS decision (
        rule TEXT NOT NULL, article TEXT NOT NULL, story TEXT NOT NULL, decision TEXT NOT NULL, decided INTEGER NOT NULL,
        PRIMARY KEY (rule, article)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS decision_story ON decision (rule, story);
    CREATE INDEX IF NOT EXISTS decision_decided ON decision (decided);
    CREATE TABLE IF NOT EXISTS story_told (
        rule TEXT NOT NULL, story TEXT NOT NULL, alert TEXT NOT NULL, tellings INTEGER NOT NULL, further INTEGER NOT NULL,
        seen INTEGER NOT NULL, PRIMARY KEY (rule, story)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS story_told_seen ON story_told (seen);
    CREATE TABLE IF NOT EXISTS alert (id TEXT PRIMARY KEY, decided INTEGER NOT NULL, value BLOB NOT NULL) STRICT;
    CREATE INDEX IF NOT EXISTS alert_decided ON alert (decided, id);
    CREATE INDEX IF NOT EXISTS alert_rule ON alert ({RULE_OF}, decided, id);
    CREATE TABLE IF NOT EXISTS held (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, alert TEXT NOT NULL UNIQUE, rule TEXT NOT NULL, since INTEGER NOT NULL,
        due INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS held_due ON held (rule, due);
    CREATE TABLE IF NOT EXISTS notification (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, receiver TEXT NOT NULL, alert TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'pending', attempts INTEGER NOT NULL DEFAULT 0, next_try INTEGER NOT NULL DEFAULT 0,
        delivered INTEGER, error TEXT
    ) STRICT;
    CREATE INDEX IF NOT EXISTS notification_pending ON notification (receiver, seq) WHERE state = 'pending';
    CREATE INDEX IF NOT EXISTS notification_refused ON notification (receiver, seq) WHERE state = 'refused';
    CREATE INDEX IF NOT EXISTS notification_alert ON notification (alert);
    """,
)

STORY_KEPT_MS = 100 * 86_400_000
"""How much longer than alerts it is remembered that a story was told: articles are joined, and edited, for 90 days."""


class Waiting(NamedTuple):
    """A notification in the outbox."""

    id: str
    receiver: str
    alert: str
    value: bytes
    """The alert's value, encoded."""
    attempts: int
    next_try: int


def register_rules(tx: Transaction, rules: Iterable[Rule], now: int) -> None:
    """Remember since when each rule is in force; a rule with another query is another rule, and begins now."""
    for rule in rules:
        tx.execute(
            "INSERT INTO rule VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET query = excluded.query, since = excluded.since "
            "WHERE query <> excluded.query",
            (rule.id, rule.text, now),
        )


def rule_since(tx: Transaction, rule: str, default: int) -> int:
    """Since when a rule is in force, in ms."""
    row = tx.execute("SELECT since FROM rule WHERE id = ?", (rule,)).fetchone()
    return default if row is None else int(row["since"])


def rule_state(tx: Transaction, rule: Rule, now: int) -> RuleState:
    """Where a rule stands."""
    told = tx.execute("SELECT last FROM rule_told WHERE rule = ?", (rule.id,)).fetchone()
    due = tx.execute("SELECT min(due) AS due FROM held WHERE rule = ?", (rule.id,)).fetchone()
    return RuleState(
        since=rule_since(tx, rule.id, now),
        throttle=rule.throttle,
        again=rule.again,
        last_told=None if told is None else told["last"],
        due=due["due"],
    )


def story_state(tx: Transaction, rule: str, story: str) -> StoryState:
    """What a rule has said of a story."""
    row = tx.execute(
        "SELECT alert, tellings, further, EXISTS (SELECT 1 FROM held WHERE held.alert = story_told.alert) AS held "
        "FROM story_told WHERE rule = ? AND story = ?",
        (rule, story),
    ).fetchone()
    if row is not None:
        return StoryState(row["alert"], row["tellings"], row["further"], bool(row["held"]))
    first = alert_id(rule, story)
    # Alerts of schema 1 stand for themselves.
    found = tx.execute("SELECT 1 FROM alert WHERE id = ?", (first,)).fetchone()
    return StoryState() if found is None else StoryState(first, 1)


def decided(tx: Transaction, rule: str, article: str) -> bool:
    """Whether an article has met this rule before."""
    return tx.execute("SELECT 1 FROM decision WHERE rule = ? AND article = ?", (rule, article)).fetchone() is not None


def record_decision(tx: Transaction, *, rule: str, article: str, story: str, decision: Decision, now: int) -> None:
    """Remember what was decided, for good."""
    tx.execute("INSERT INTO decision VALUES (?, ?, ?, ?, ?)", (rule, article, story, decision, now))


def record_story(tx: Transaction, *, rule: str, story: str, state: StoryState, now: int) -> None:
    """Remember what a rule has said of a story by now."""
    tx.execute(
        "INSERT OR REPLACE INTO story_told VALUES (?, ?, ?, ?, ?, ?)",
        (rule, story, state.alert, state.tellings, state.further, now),
    )


def record_telling(tx: Transaction, rule: str, now: int) -> None:
    """Remember that a rule tells something now."""
    tx.execute("INSERT OR REPLACE INTO rule_told VALUES (?, ?)", (rule, now))


def hold_back(tx: Transaction, alert: Alert, due: int) -> None:
    """Keep an alert until it is due."""
    tx.execute(
        "INSERT INTO held (alert, rule, since, due) VALUES (?, ?, ?, ?)", (alert.id, alert.rule, alert.decided, due)
    )


def put_alert(tx: Transaction, alert: Alert) -> None:
    """Keep the alert as it stands now, and its new notifications, unless they are held back, in the outbox."""
    tx.execute("INSERT OR REPLACE INTO alert VALUES (?, ?, ?)", (alert.id, alert.decided, encode(alert)))
    tx.executemany(
        "INSERT OR IGNORE INTO notification (id, receiver, alert) VALUES (?, ?, ?)",
        [(found.id, found.receiver, alert.id) for found in alert.notifications if found.state == "pending"],
    )


def get_alert(tx: Transaction, alert: str) -> Alert:
    """The alert of that id as it stands."""
    return decode(tx.execute("SELECT value FROM alert WHERE id = ?", (alert,)).fetchone()["value"], Alert)


def waiting(file: StateFile, receiver: str, limit: int) -> Sequence[Waiting]:
    """The oldest notifications that a receiver has yet to take, in order."""
    rows = file.rows(
        "SELECT n.id, n.receiver, n.alert, a.value, n.attempts, n.next_try FROM notification n "
        "JOIN alert a ON a.id = n.alert WHERE n.state = 'pending' AND n.receiver = ? ORDER BY n.seq LIMIT ?",
        (receiver, limit),
    )
    return [Waiting(*row) for row in rows]


def outbox(file: StateFile) -> dict[str, int]:
    """How many notifications each receiver has yet to take."""
    return _count(file, "pending")


def refused(file: StateFile) -> dict[str, int]:
    """How many notifications each receiver has refused for good."""
    return _count(file, "refused")


def held(file: StateFile) -> int:
    """How many alerts are held back."""
    return int(file.rows("SELECT count(*) FROM held")[0][0])


def _count(file: StateFile, state: str) -> dict[str, int]:
    # The state is part of the statement, so that SQLite sees that the partial index serves.
    rows = file.rows(f"SELECT receiver, count(*) AS n FROM notification WHERE state = '{state}' GROUP BY receiver")
    return {row["receiver"]: row["n"] for row in rows}


def settle(tx: Transaction, settled: Notification) -> None:
    """Record that a notification is taken or refused for good."""
    tx.execute(
        "UPDATE notification SET state = ?, delivered = ?, attempts = attempts + 1, error = ? WHERE id = ?",
        (settled.state, settled.delivered, settled.error, settled.id),
    )


def settle_in_alert(tx: Transaction, alert: str, settled: Notification) -> Alert:
    """The same in the alert, which is given as it stands then."""
    found = get_alert(tx, alert)
    changed = tuple(settled if one.id == settled.id else one for one in found.notifications)
    made = msgspec.structs.replace(found, notifications=changed)
    put_alert(tx, made)
    return made


def put_off(tx: Transaction, notification: str, *, next_try: int, error: str) -> None:
    """Record that a notification was not taken, and when it is tried again."""
    tx.execute(
        "UPDATE notification SET attempts = attempts + 1, next_try = ?, error = ? WHERE id = ?",
        (next_try, error, notification),
    )


def alerts(file: StateFile, limit: int, rule: str | None = None) -> list[Alert]:
    """The last alerts, of one rule or of all, the newest first."""
    where, parameters = ("", (limit,)) if rule is None else (f"WHERE {RULE_OF} = ?", (rule, limit))
    rows = file.rows(f"SELECT value FROM alert {where} ORDER BY decided DESC, id LIMIT ?", parameters)
    return [decode(row["value"], Alert) for row in rows]


def prune(tx: Transaction, before_ms: int, limit: int) -> int:
    """Forget alerts decided before `before_ms`, at most `limit` of each kind of row; how many rows went.

    An alert goes once all its receivers have it, or its carrier was told; a refused one STORY_KEPT_MS later. That a
    story was told, and what was decided on its articles, is kept until STORY_KEPT_MS after its last article met the rule.
    """
    old = tx.execute(
        "SELECT id, value FROM alert a WHERE decided < ? AND NOT EXISTS (SELECT 1 FROM held WHERE held.alert = a.id) "
        "AND NOT EXISTS (SELECT 1 FROM notification n WHERE n.alert = a.id "
        "AND (n.state = 'pending' OR (n.state = 'refused' AND a.decided >= ?))) ORDER BY decided, id LIMIT ?",
        (before_ms, before_ms - STORY_KEPT_MS, limit),
    ).fetchall()
    for row in old:
        alert = decode(row["value"], Alert)
        tx.execute(
            "INSERT OR IGNORE INTO story_told VALUES (?, ?, ?, 1, 0, ?)",
            (alert.rule, alert.story, alert.id, alert.decided),
        )
        tx.execute("DELETE FROM notification WHERE alert = ?", (alert.id,))
        tx.execute("DELETE FROM alert WHERE id = ?", (alert.id,))
    quiet = before_ms - STORY_KEPT_MS
    stories = tx.execute(
        "DELETE FROM story_told WHERE (rule, story) IN (SELECT rule, story FROM story_told t WHERE seen < ? "
        "AND NOT EXISTS (SELECT 1 FROM alert WHERE alert.id = t.alert) ORDER BY seen LIMIT ?)",
        (quiet, limit),
    ).rowcount
    decisions = tx.execute(
        "DELETE FROM decision WHERE (rule, article) IN (SELECT rule, article FROM decision d WHERE decided < ? AND NOT EXISTS "
        "(SELECT 1 FROM story_told t WHERE t.rule = d.rule AND t.story = d.story) ORDER BY decided LIMIT ?)",
        (quiet, limit),
    ).rowcount
    return len(old) + stories + decisions
