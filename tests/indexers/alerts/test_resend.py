"""What was refused for good is offered again, once, under the same id."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from indexers.alerts import state
from indexers.alerts.resend import offer_again, refused_notifications
from marsad.alert import Alert, Notification
from marsad.codec import decode
from marsad.message import Partition
from marsad.messagelog.sqlite import SqliteLog
from marsad.statefile import StateFile
from marsad.topics import ALERTS, ALL
from tests.samples import NOW, alert


@pytest.fixture
def file(tmp_path: Path) -> Iterator[StateFile]:
    made = StateFile(tmp_path / "marsad.db", clock=lambda: NOW)
    made.create_topics(topic.name for topic in ALL)
    made.install(state.SCHEMA)
    yield made
    made.close()


def refused(file: StateFile, number: int, receiver: str) -> Alert:
    made = alert(story=str(number), receivers=(receiver,))
    with file.transaction() as tx:
        state.put_alert(tx, made)
        settled = Notification(id=made.notifications[0].id, receiver=receiver, state="refused", error="HTTP 401")
        state.settle(tx, settled)
        state.settle_in_alert(tx, made.id, settled)
    return made


def test_what_one_receiver_refused_is_in_the_outbox_again_and_recorded(file: StateFile) -> None:
    mine, other = refused(file, 1, "hook"), refused(file, 2, "desk")
    found = [one for _, one in refused_notifications(file, "hook", after=0, limit=9)]
    assert [(one.id, one.rule, one.title, one.error) for one in found] == [
        (mine.notifications[0].id, mine.rule, mine.title, "HTTP 401")
    ]
    assert offer_again(file, found) == 1
    assert state.outbox(file) == {"hook": 1}
    assert state.refused(file) == {"desk": 1}
    (waiting,) = state.waiting(file, "hook", 9)
    assert (waiting.id, waiting.attempts, waiting.next_try) == (mine.notifications[0].id, 0, 0)
    assert decode(waiting.value, Alert).notifications[0].state == "pending"
    (recorded,) = SqliteLog(file).read({Partition(ALERTS.name, 0): 0}, 9, 0)
    assert decode(recorded.value, Alert).notifications == (Notification(id=waiting.id, receiver="hook"),)
    assert other.id != mine.id


def test_what_was_offered_meanwhile_is_not_offered_twice(file: StateFile) -> None:
    refused(file, 1, "hook")
    found = [one for _, one in refused_notifications(file, "", after=0, limit=9)]
    assert offer_again(file, found) == 1
    assert offer_again(file, found) == 0
    assert state.outbox(file) == {"hook": 1}


def test_they_come_in_slices_in_the_order_of_the_outbox(file: StateFile) -> None:
    made = [refused(file, number, "hook").notifications[0].id for number in range(5)]
    seen, after = [], 0
    while slice_ := refused_notifications(file, "", after=after, limit=2):
        seen += [one.id for _, one in slice_]
        after = slice_[-1][0]
    assert seen == made


def test_an_alert_that_cannot_be_read_stays_refused(file: StateFile) -> None:
    made = refused(file, 1, "hook")
    with file.transaction() as tx:
        tx.execute("UPDATE alert SET value = ? WHERE id = ?", (b"{}", made.id))
    found = [one for _, one in refused_notifications(file, "", after=0, limit=9)]
    assert [one.title for one in found] == [""]
    assert offer_again(file, found) == 0
    assert state.refused(file) == {"hook": 1}
