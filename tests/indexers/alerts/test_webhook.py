"""Posting alerts over real HTTP: signature, idempotency, and what each answer means."""

import json
import time
from email.utils import formatdate

import pytest

from indexers.alerts.bounded import Bounded
from indexers.alerts.receivers import Sent
from indexers.alerts.webhook import WebhookReceiver, judge
from tests.hook import SECRET, Answer, Hook
from tests.samples import NOW, alert


def receiver(url: str, *, secret: str = SECRET, timeout_s: float = 5, allow_local: bool = True) -> WebhookReceiver:
    return WebhookReceiver(url, secret=secret, timeout_s=timeout_s, allow_local=allow_local, clock=lambda: NOW)


def test_an_alert_is_posted_signed_and_with_its_key() -> None:
    with Hook() as hook:
        assert receiver(hook.url).send(alert(), "n1") == Sent()
        (post,) = hook.posts
    assert (post.path, post.key, post.signed) == ("/alerts?to=me", "n1", True)
    assert post.headers["x-marsad-timestamp"] == str(NOW // 1000)
    assert post.headers["content-type"] == "application/json; charset=utf-8"
    assert (post.alert["id"], post.alert["rule"]) == ("n1", "daesh")
    assert post.alert["reasons"][0]["form"] == "لداعش"
    assert "هجوم لداعش" in post.alert["text"]


def test_a_repeat_has_the_same_key_and_body() -> None:
    with Hook() as hook:
        for _ in range(2):
            receiver(hook.url).send(alert(), "n1")
    first, second = hook.posts
    assert (first.key, first.body) == (second.key, second.body)


def test_without_a_secret_nothing_is_signed() -> None:
    with Hook() as hook:
        receiver(hook.url, secret="").send(alert(), "n1")
    assert "x-marsad-signature" not in hook.posts[0].headers


@pytest.mark.parametrize(
    ("answer", "sent"),
    [
        (200, Sent()),
        (202, Sent()),
        (204, Sent()),
        (500, Sent("HTTP 500")),
        (503, Sent("HTTP 503")),
        ((503, {"Retry-After": "7"}), Sent("HTTP 503", retry_after_ms=7_000)),
        ((429, {"Retry-After": "120"}), Sent("HTTP 429", retry_after_ms=120_000)),
        (408, Sent("HTTP 408")),
        (409, Sent("HTTP 409")),
        (425, Sent("HTTP 425")),
        (400, Sent("HTTP 400", refused=True)),
        (401, Sent("HTTP 401", refused=True)),
        (404, Sent("HTTP 404", refused=True)),
        (410, Sent("HTTP 410", refused=True)),
        (
            (302, {"Location": "http://127.0.0.1:1/"}),
            Sent("HTTP 302; redirects are not followed, write the final address"),
        ),
    ],
)
def test_an_answer_is_taken_refused_or_tried_again(answer: Answer, sent: Sent) -> None:
    with Hook(lambda _: answer) as hook:
        assert receiver(hook.url).send(alert(), "n1") == sent
        assert len(hook.posts) == 1


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ("0", 0),
        ("99999999", 3_600_000),
        ("soon", 0),
        ("-5", 0),
        ("", 0),
        (formatdate(NOW / 1000 + 30, usegmt=True), 30_000),
        (formatdate(NOW / 1000 - 30, usegmt=True), 0),
        (formatdate(NOW / 1000 + 10**8, usegmt=True), 3_600_000),
    ],
)
def test_a_retry_after_is_seconds_or_a_date_and_at_most_an_hour(said: str, wait: int) -> None:
    assert judge(503, said, NOW).retry_after_ms == wait


@pytest.mark.parametrize("fault", ["hang", "drip", "close"])
def test_a_receiver_that_hangs_drips_or_hangs_up_is_tried_again_and_bounded_in_time(fault: str) -> None:
    with Hook(lambda _: fault) as hook:
        began = time.monotonic()
        sent = receiver(hook.url, timeout_s=0.5).send(alert(), "n1")
        assert time.monotonic() - began < 3
    assert sent.error
    assert "127.0.0.1" in sent.error
    assert not sent.refused


def test_an_error_names_the_host_and_nothing_else_of_the_address() -> None:
    with Hook() as hook:
        pass
    sent = receiver(f"http://127.0.0.1:{hook.port}/token-5up3r").send(alert(), "n1")
    assert sent.error
    assert "127.0.0.1" in sent.error
    assert "5up3r" not in sent.error
    assert not sent.refused


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_local_network_is_left_alone_unless_it_is_allowed(host: str) -> None:
    with Hook() as hook:
        sent = receiver(f"http://{host}:{hook.port}/", allow_local=False).send(alert(), "n1")
        assert "allow_local = true" in (sent.error or "")
        assert hook.posts == []


def test_what_is_too_deep_for_one_call_goes_on_in_the_next() -> None:
    released = []

    class Slow:
        def send(self, _alert: object, notification: str) -> Sent:
            time.sleep(0.4)
            released.append(notification)
            return Sent()

    bounded = Bounded(Slow(), 0.1)
    assert bounded.send(alert(), "n1") == Sent("no answer within 0.1 s")
    assert bounded.send(alert(), "n2") == Sent("an earlier call has not come back yet")
    time.sleep(0.5)
    assert bounded.send(alert(), "n1") == Sent()
    assert released == ["n1"], "it was told once"


def test_an_exception_gives_its_type_only() -> None:
    class Broken:
        def send(self, _alert: object, _notification: str) -> Sent:
            raise ValueError("https://hooks.example/5up3r")

    assert Bounded(Broken(), 5).send(alert(), "n1") == Sent("it broke with ValueError")


def test_the_body_is_json_in_utf8() -> None:
    with Hook() as hook:
        receiver(hook.url).send(alert(), "n1")
    assert "هجوم لداعش".encode() in hook.posts[0].body
    assert json.loads(hook.posts[0].body)["published"] == "2026-11-28T11:00:00.000Z"
