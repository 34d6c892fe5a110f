"""Emptying the outbox: in order, each receiver by itself, through failures, refusals, hangs and restarts."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from indexers.alerts import deliver, state
from indexers.alerts.bounded import Bounded
from indexers.alerts.deliver import run_delivery
from indexers.alerts.receivers import Receiver, Sent
from indexers.alerts.webhook import WebhookReceiver
from marsad.alert import Alert, Notification
from marsad.codec import decode
from marsad.errors import StateCorruptError, StateFullError
from marsad.message import Partition
from marsad.messagelog.sqlite import SqliteLog
from marsad.metrics import Metrics
from marsad.statefile import StateFile, Transaction
from marsad.topics import ALERTS, ALL
from tests.hook import SECRET, Answer, Hook, Post
from tests.samples import NOW, alert


class FakeReceiver:
    """Takes alerts into a list; fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.taken: list[str] = []
        self._failures = failures

    def send(self, alert: Alert, notification: str) -> Sent:
        if self._failures:
            self._failures -= 1
            return Sent("away")
        self.taken.append(f"{alert.rule} {notification}")
        return Sent()


@pytest.fixture
def file(tmp_path: Path) -> Iterator[StateFile]:
    made = StateFile(tmp_path / "marsad.db", clock=lambda: NOW + 100)
    made.create_topics(topic.name for topic in ALL)
    made.install(state.SCHEMA)
    yield made
    made.close()


@contextmanager
def delivering(
    file: StateFile, receivers: Mapping[str, Receiver], may_tell: Callable[[str], bool] = lambda _: True
) -> Iterator[Metrics]:
    """Delivery runs in a thread of its own meanwhile."""
    metrics, stopping = Metrics(CollectorRegistry()), threading.Event()
    thread = threading.Thread(target=run_delivery, args=(file, lambda: receivers, stopping, metrics, may_tell))
    thread.start()
    try:
        yield metrics
    finally:
        stopping.set()
        thread.join()


def settled(file: StateFile) -> int:
    return int(file.rows("SELECT count(*) FROM notification WHERE state <> 'pending'")[0][0])


def wait_for(file: StateFile, until: int) -> None:
    deadline = time.monotonic() + 20
    while settled(file) < until:
        assert time.monotonic() < deadline, f"{settled(file)} of {until} are settled"
        time.sleep(0.02)


def deliver_all(file: StateFile, receivers: Mapping[str, Receiver], *, until: int) -> Metrics:
    """Run delivery until so many notifications are settled."""
    with delivering(file, receivers) as metrics:
        wait_for(file, until)
    return metrics


def put(file: StateFile, count: int, *receivers: str) -> list[Alert]:
    made = [alert(story=str(number), receivers=receivers or ("file",)) for number in range(count)]
    with file.transaction() as tx:
        for one in made:
            state.put_alert(tx, one)
    return made


def webhook(hook: Hook, timeout_s: float = 5) -> Receiver:
    made = WebhookReceiver(hook.url, secret=SECRET, timeout_s=timeout_s, allow_local=True, clock=lambda: NOW)
    return Bounded(made, timeout_s + 1)


def test_the_outbox_is_emptied_in_order_and_recorded(file: StateFile) -> None:
    made = [alert(story=str(number)) for number in range(5)]
    with file.transaction() as tx:
        for one in made:
            state.put_alert(tx, one)
    receiver = FakeReceiver()
    deliver_all(file, {"file": receiver}, until=5)
    assert receiver.taken == [f"daesh {one.notifications[0].id}" for one in made]
    assert state.outbox(file) == {}
    last = decode(SqliteLog(file).read({Partition(ALERTS.name, 0): 4}, 1, 0)[0].value, Alert)
    assert last.notifications[0].state == "delivered"
    assert last.notifications[0].delivered == NOW + 100
    assert state.alerts(file, 10)[0].notifications[0].state == "delivered"


def test_a_receiver_that_fails_is_tried_again_and_the_others_go_on(
    file: StateFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "FIRST_WAIT_MS", 0)
    with file.transaction() as tx:
        for number in range(3):
            state.put_alert(tx, alert(story=str(number), receivers=("good", "bad")))
    good, bad = FakeReceiver(), FakeReceiver(failures=2)
    metrics = deliver_all(file, {"good": good, "bad": bad}, until=6)
    assert len(good.taken) == len(bad.taken) == 3
    assert metrics.deliveries.labels("bad", "failed")._value.get() == 2


def test_what_was_sent_and_could_not_be_recorded_is_not_sent_again(
    file: StateFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(file, 2)
    settle, full = state.settle, [StateFullError("full")] * 2

    def on_a_full_disk(tx: Transaction, settled: Notification) -> None:
        if full:
            raise full.pop()
        settle(tx, settled)

    monkeypatch.setattr(state, "settle", on_a_full_disk)
    receiver = FakeReceiver()
    deliver_all(file, {"file": receiver}, until=2)
    assert len(receiver.taken) == 2


def test_a_receiver_that_raises_is_tried_again(file: StateFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliver, "FIRST_WAIT_MS", 0)

    class Broken(FakeReceiver):
        def send(self, alert: Alert, notification: str) -> Sent:
            if not self.taken:
                self.taken.append("raised")
                raise ConnectionError("gone")
            return super().send(alert, notification)

    with file.transaction() as tx:
        state.put_alert(tx, alert())
    receiver = Broken()
    deliver_all(file, {"file": receiver}, until=1)
    assert len(receiver.taken) == 2


def test_a_failure_waits_before_the_next_try_and_keeps_its_reason(file: StateFile) -> None:
    with file.transaction() as tx:
        state.put_alert(tx, alert())
    stopping = threading.Event()
    threading.Timer(0.5, stopping.set).start()
    receiver = FakeReceiver(failures=99)
    run_delivery(file, lambda: {"file": receiver}, stopping, Metrics(CollectorRegistry()))
    (row,) = file.rows("SELECT attempts, next_try, error FROM notification")
    assert (row["attempts"], row["next_try"], row["error"]) == (1, NOW + 100 + 1000, "away")


def test_a_notification_without_its_receiver_stays_in_the_outbox(file: StateFile) -> None:
    with file.transaction() as tx:
        state.put_alert(tx, alert(receivers=("gone",)))
    stopping = threading.Event()
    threading.Timer(0.3, stopping.set).start()
    run_delivery(file, lambda: {"file": FakeReceiver()}, stopping, Metrics(CollectorRegistry()))
    assert state.outbox(file) == {"gone": 1}


def test_a_receiver_that_hangs_holds_up_nobody_else_and_no_end(file: StateFile) -> None:
    put(file, 3, "good", "hangs")
    good = FakeReceiver()
    with Hook(lambda _: "hang") as hook:
        with delivering(file, {"good": good, "hangs": webhook(hook, 30)}):
            wait_for(file, 3)
            hook.wait_for(1)
            began = time.monotonic()
        assert time.monotonic() - began < 5
    assert len(good.taken) == 3
    assert state.outbox(file) == {"hangs": 3}


def test_a_call_that_was_left_to_itself_touches_the_file_no_more(file: StateFile) -> None:
    put(file, 1)
    come_back = threading.Event()

    class Hangs(FakeReceiver):
        def send(self, alert: Alert, notification: str) -> Sent:
            come_back.wait(20)
            return super().send(alert, notification)

    receiver = Hangs()
    with delivering(file, {"file": receiver}):
        time.sleep(0.3)
    come_back.set()
    time.sleep(0.3)
    assert len(receiver.taken) == 1
    assert state.outbox(file) == {"file": 1}, "it is told again after the next start"


def test_a_webhook_gets_every_alert_once_in_order_through_all_that_goes_wrong(
    file: StateFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "FIRST_WAIT_MS", 0)
    made = put(file, 6, "hook")
    ids = [one.notifications[0].id for one in made]
    faults: dict[str, list[Answer]] = {
        ids[1]: [500, "close", 503],
        ids[2]: ["hang"],
        ids[3]: [400],
        ids[4]: [429, 409, 408],
    }

    def answer(post: Post) -> Answer:
        left = faults.get(post.key)
        return left.pop(0) if left else 200

    with Hook(answer) as hook:
        metrics = deliver_all(file, {"hook": webhook(hook, 0.5)}, until=6)
        posts = hook.posts
    assert all(post.signed for post in posts)
    assert list(dict.fromkeys(post.key for post in posts)) == ids, "in order"
    assert len(posts) == 6 + 3 + 1 + 3
    bodies = {post.key: {other.body for other in posts if other.key == post.key} for post in posts}
    assert all(len(found) == 1 for found in bodies.values()), "a repeat has the same body"
    assert state.refused(file) == {"hook": 1}
    (refused,) = file.rows("SELECT id, error, attempts FROM notification WHERE state = 'refused'")
    assert tuple(refused) == (ids[3], "HTTP 400", 1)
    kept = {one.id: one for one in state.alerts(file, 9)}[made[3].id].notifications[0]
    assert (kept.state, kept.error, kept.delivered) == ("refused", "HTTP 400", None)
    assert metrics.deliveries.labels("hook", "refused")._value.get() == 1
    assert metrics.deliveries.labels("hook", "failed")._value.get() == 7


def test_a_receiver_is_waited_for_as_long_as_it_asks(file: StateFile) -> None:
    put(file, 1, "hook")
    with Hook(lambda _: (503, {"Retry-After": "90"})) as hook, delivering(file, {"hook": webhook(hook)}):
        hook.wait_for(1)
        deadline = time.monotonic() + 5
        while not file.rows("SELECT 1 FROM notification WHERE attempts = 1"):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        time.sleep(0.3)
        assert len(hook.posts) == 1
    assert file.rows("SELECT next_try FROM notification")[0]["next_try"] == NOW + 100 + 90_000


def test_back_off_survives_a_restart_and_a_clock_that_was_put_back_does_not_stop_it(file: StateFile) -> None:
    put(file, 1)
    with file.transaction() as tx:
        tx.execute("UPDATE notification SET attempts = 1, next_try = ?", (NOW + 60_000,))
    receiver = FakeReceiver()
    with delivering(file, {"file": receiver}):
        time.sleep(0.3)
        assert receiver.taken == []
        file.clock = lambda: NOW - 24 * 3_600_000
        wait_for(file, 1)
    assert len(receiver.taken) == 1


def test_a_changed_receiver_takes_over_and_a_removed_one_is_told_nothing(file: StateFile) -> None:
    old, new = FakeReceiver(), FakeReceiver()
    receivers: dict[str, Receiver] = {"file": old}
    with delivering(file, receivers):
        put(file, 1)
        wait_for(file, 1)
        receivers["file"] = new
        time.sleep(2.2)
        put(file, 2)
        wait_for(file, 2)
        del receivers["file"]
        time.sleep(2.2)
        put(file, 3)
        time.sleep(0.3)
    assert (len(old.taken), len(new.taken)) == (1, 1)
    assert state.outbox(file) == {"file": 1}


def test_an_alert_that_cannot_be_read_is_refused_and_the_next_one_told(file: StateFile) -> None:
    first, _ = put(file, 2)
    with file.transaction() as tx:
        # A value that is JSON, which the index of rules needs, and no alert.
        tx.execute("UPDATE alert SET value = ? WHERE id = ?", (b"{}", first.id))
    receiver = FakeReceiver()
    deliver_all(file, {"file": receiver}, until=2)
    assert len(receiver.taken) == 1
    assert state.refused(file) == {"file": 1}


def test_what_a_person_has_to_put_right_ends_delivery(file: StateFile, monkeypatch: pytest.MonkeyPatch) -> None:
    put(file, 1)

    def corrupt(*_: object) -> None:
        raise StateCorruptError("the file is damaged")

    monkeypatch.setattr(state, "waiting", corrupt)
    with pytest.raises(StateCorruptError):
        run_delivery(file, lambda: {"file": FakeReceiver()}, threading.Event(), Metrics(CollectorRegistry()))


def test_a_long_outbox_is_read_in_slices(file: StateFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliver, "AT_ONCE", 7)
    made = put(file, 50)
    receiver = FakeReceiver()
    deliver_all(file, {"file": receiver}, until=50)
    assert receiver.taken == [f"daesh {one.notifications[0].id}" for one in made]


def test_an_alert_is_told_once_it_is_recorded_and_holds_back_those_behind_it(file: StateFile) -> None:
    first, second = put(file, 2)
    receiver, recorded = FakeReceiver(), {second.id}
    with delivering(file, {"file": receiver}, recorded.__contains__):
        time.sleep(0.3)
        assert receiver.taken == []
        recorded.add(first.id)
        with file.transaction():
            pass  # what records it commits, which wakes delivery
        wait_for(file, 2)
    assert len(receiver.taken) == 2
