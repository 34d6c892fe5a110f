"""Telling through apprise, for real, to an address on this machine."""

import io
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from indexers.alerts.apprising import AppriseReceiver, harmless, server
from indexers.alerts.receivers import Sent
from tests.hook import Answer, Hook
from tests.samples import alert

ROOT = Path(__file__).parents[3]


def receiver(hook: Hook, rest: str = "5up3r") -> AppriseReceiver:
    return AppriseReceiver(f"json://127.0.0.1:{hook.port}/{rest}", str)


def test_an_alert_is_told_with_rule_title_reason_and_link() -> None:
    with Hook() as hook:
        assert receiver(hook).send(alert(), "n1") == Sent()
        (post,) = hook.posts
    said = post.alert
    assert said["title"] == "daesh: هجوم لداعش"
    assert "السبب «داعش»: هجوم لداعش في البادية" in said["message"]
    assert "http://127.0.0.1/1" in said["message"]


def test_a_service_that_takes_html_gets_the_text_escaped() -> None:
    with Hook() as hook:
        made = msgspec.structs.replace(alert(), title="<b>5 < 7</b>", outlet="a & b <i>")
        receiver(hook, "?format=html").send(made, "n1")
    assert "<i>" not in hook.posts[0].alert["message"]
    assert "&lt;i" in hook.posts[0].alert["message"]


@pytest.fixture
def root_log() -> Iterator[io.StringIO]:
    """All that reaches the root of Python's own log."""
    written = io.StringIO()
    handler, root = logging.StreamHandler(written), logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    root.setLevel(before)


@pytest.mark.parametrize("answer", [500, 400, "close"])
def test_what_is_not_taken_is_tried_again_and_nothing_leaks(
    answer: Answer, capfd: pytest.CaptureFixture[str], root_log: io.StringIO
) -> None:
    with Hook(lambda _: answer) as hook:
        sent = receiver(hook).send(alert(), "n1")
    assert sent.error
    assert not sent.refused
    assert (str(answer) in sent.error) == isinstance(answer, int)
    assert "5up3r" not in sent.error + "".join(capfd.readouterr()) + root_log.getvalue()


def test_a_service_that_hangs_keeps_no_process_from_ending() -> None:
    code = (
        "import sys; from tests.samples import alert; from indexers.alerts.bounded import Bounded; "
        "from indexers.alerts.apprising import AppriseReceiver; "
        "print(Bounded(AppriseReceiver(sys.argv[1], str), 0.5).send(alert(), 'n1').error)"
    )
    with Hook(lambda _: "hang") as hook:
        url = f"json://127.0.0.1:{hook.port}/?rto=50"
        done = subprocess.run(
            [sys.executable, "-c", code, url], capture_output=True, text=True, check=True, timeout=30, cwd=ROOT
        )
    assert done.stdout == "no answer within 0.5 s\n"


@pytest.mark.parametrize("url", ["", "nosuch://x", "json://127.0.0.1, json://127.0.0.2", "not a url"])
def test_what_is_not_one_address_is_none(url: str) -> None:
    assert server(url) is None


@pytest.mark.parametrize("text", ["@everyone", "@here", "@Channel", "<!channel>", "<@U123>", "@all"])
def test_a_title_calls_nobody(text: str) -> None:
    made = harmless(text)
    assert text not in made
    assert made.replace("\u2060", "") == text


def test_an_address_of_mail_is_left_as_it_is() -> None:
    assert harmless("ali@example.org") == "ali@example.org"
