"""Offering again what a receiver refused for good, once its cause (an address, a secret) is mended."""

from collections.abc import Sequence
from typing import NamedTuple

from indexers.alerts import state
from marsad.alert import Notification
from marsad.codec import encode
from marsad.errors import UndecodableError
from marsad.message import Record
from marsad.statefile import StateFile
from marsad.topics import ALERTS


class Refused(NamedTuple):
    """A notification that was refused for good, with what it would have told."""

    id: str
    receiver: str
    alert: str
    rule: str
    title: str
    decided: int
    """When the alert was decided, in ms."""
    error: str


def refused_notifications(file: StateFile, receiver: str, *, after: int, limit: int) -> list[tuple[int, Refused]]:
    """The next of them in order with their places in the outbox, those after a place; of one receiver or, if empty, of all."""
    rows = file.rows(
        "SELECT n.seq, n.id, n.receiver, n.alert, coalesce(json_extract(CAST(a.value AS TEXT), '$.value.rule'), '') AS rule, "
        "coalesce(json_extract(CAST(a.value AS TEXT), '$.value.title'), '') AS title, a.decided, coalesce(n.error, '') AS error "
        "FROM notification n JOIN alert a ON a.id = n.alert "
        "WHERE n.state = 'refused' AND (? = '' OR n.receiver = ?) AND n.seq > ? ORDER BY n.seq LIMIT ?",
        (receiver, receiver, after, limit),
    )
    return [(row["seq"], Refused(*tuple(row)[1:])) for row in rows]


def offer_again(file: StateFile, refused: Sequence[Refused]) -> int:
    """Put them into the outbox again, under the same ids, in one transaction; how many were still refused."""
    offered = 0
    with file.transaction() as tx:
        for one in refused:
            again = Notification(id=one.id, receiver=one.receiver)
            if tx.execute("SELECT 1 FROM notification WHERE id = ? AND state = 'refused'", (one.id,)).fetchone():
                try:
                    alert = state.settle_in_alert(tx, one.alert, again)
                except UndecodableError:
                    continue  # it cannot be told to anybody, and stays where it is counted
                tx.execute(
                    "UPDATE notification SET state = 'pending', attempts = 0, next_try = 0, error = NULL WHERE id = ?",
                    (one.id,),
                )
                tx.append(ALERTS.name, [Record(alert.id.encode(), encode(alert))])
                offered += 1
    return offered
