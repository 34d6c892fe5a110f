"""What is remembered of rules, alerts and notifications, in the state file."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from indexers.alerts.decide import Decision
from indexers.alerts.rules import Rule
from marsad.alert import Alert
from marsad.codec import decode, encode
from marsad.statefile import Schema, StateFile, Transaction

SCHEMA = Schema(
    "alerts",
    1,
    """
    CREATE TABLE IF NOT EXISTS rule (
        id TEXT PRIMARY KEY, query TEXT NOT NULL, since INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS decision (
        rule TEXT NOT NULL, article TEXT NOT NULL, story TEXT NOT NULL, decision TEXT NOT NULL, decided INTEGER NOT NULL,
        PRIMARY KEY (rule, article)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS alert (id TEXT PRIMARY KEY, decided INTEGER NOT NULL, value BLOB NOT NULL) STRICT;
    CREATE TABLE IF NOT EXISTS notification (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, receiver TEXT NOT NULL, alert TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'pending', attempts INTEGER NOT NULL DEFAULT 0, next_try INTEGER NOT NULL DEFAULT 0,
        delivered INTEGER, error TEXT
    ) STRICT;
    CREATE INDEX IF NOT EXISTS notification_pending ON notification (receiver, seq) WHERE state = 'pending';
    """,
)


class Waiting(NamedTuple):
    """A notification in the outbox."""

    id: str
    receiver: str
    alert: Alert
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


def decided(tx: Transaction, rule: str, article: str) -> bool:
    """Whether an article has met this rule before."""
    return tx.execute("SELECT 1 FROM decision WHERE rule = ? AND article = ?", (rule, article)).fetchone() is not None


def record_decision(tx: Transaction, *, rule: str, article: str, story: str, decision: Decision, now: int) -> None:
    """Remember what was decided, for good."""
    tx.execute("INSERT INTO decision VALUES (?, ?, ?, ?, ?)", (rule, article, story, decision, now))


def told(tx: Transaction, alert: str) -> bool:
    """Whether there is such an alert already."""
    return tx.execute("SELECT 1 FROM alert WHERE id = ?", (alert,)).fetchone() is not None


def put_alert(tx: Transaction, alert: Alert) -> None:
    """Keep the alert as it stands now, and its new notifications in the outbox."""
    tx.execute("INSERT OR REPLACE INTO alert VALUES (?, ?, ?)", (alert.id, alert.decided, encode(alert)))
    tx.executemany(
        "INSERT OR IGNORE INTO notification (id, receiver, alert) VALUES (?, ?, ?)",
        [(notification.id, notification.receiver, alert.id) for notification in alert.notifications],
    )


def get_alert(tx: Transaction, alert: str) -> Alert:
    """The alert of that id as it stands."""
    return decode(tx.execute("SELECT value FROM alert WHERE id = ?", (alert,)).fetchone()["value"], Alert)


def waiting(file: StateFile, receiver: str, limit: int) -> Sequence[Waiting]:
    """The oldest notifications that a receiver has yet to take, in order."""
    rows = file.rows(
        "SELECT n.id, n.receiver, n.attempts, n.next_try, a.value FROM notification n JOIN alert a ON a.id = n.alert "
        "WHERE n.state = 'pending' AND n.receiver = ? ORDER BY n.seq LIMIT ?",
        (receiver, limit),
    )
    return [
        Waiting(row["id"], row["receiver"], decode(row["value"], Alert), row["attempts"], row["next_try"])
        for row in rows
    ]


def outbox(file: StateFile) -> dict[str, int]:
    """How many notifications each receiver has yet to take."""
    rows = file.rows("SELECT receiver, count(*) AS n FROM notification WHERE state = 'pending' GROUP BY receiver")
    return {row["receiver"]: row["n"] for row in rows}


def alerts(file: StateFile, limit: int) -> list[Alert]:
    """The last alerts, the newest first."""
    rows = file.rows("SELECT value FROM alert ORDER BY decided DESC, id LIMIT ?", (limit,))
    return [decode(row["value"], Alert) for row in rows]
