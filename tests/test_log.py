"""The log: one event a line, for people or programs, with no secret in it."""

import json

import pytest
import structlog

from marsad import log


def test_programs_get_a_json_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(level="info", form="json")
    structlog.get_logger("x").info("feed polled", feed="وكالة", new=2)
    structlog.get_logger("x").debug("not said")
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = captured.err.splitlines()
    event = json.loads(line)
    assert (event["event"], event["feed"], event["new"], event["level"]) == ("feed polled", "وكالة", 2, "info")
    assert event["timestamp"].endswith("Z")


def broken() -> None:
    raise ValueError("cannot reach https://a:hunter2@example.org/")


def log_a_traceback() -> None:
    try:
        broken()
    except ValueError:
        structlog.get_logger("x").exception("broke")


def test_a_traceback_is_one_line_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(level="info", form="json")
    log_a_traceback()
    (line,) = capsys.readouterr().err.splitlines()
    assert "ValueError: cannot reach https://***@example.org/" in json.loads(line)["exception"]


def test_a_traceback_is_readable_for_people_and_has_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(level="info", form="text")
    log_a_traceback()
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert "hunter2" not in said


def test_people_get_text(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure(level="warning", form="text")
    structlog.get_logger("x").warning("waiting to try again", seconds=3)
    assert "waiting to try again" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["json", "text"])
def test_secrets_are_masked(capsys: pytest.CaptureFixture[str], form: str) -> None:
    log.configure(level="info", form=form)
    structlog.get_logger("x").info(
        "asked",
        url="https://user:hunter2@example.org/feed",
        password="hunter2",
        api_key="hunter2",
        Authorization="hunter2",
        headers={"X-Token": "hunter2", "Accept": "text/xml"},
        urls=["http://a:hunter2@example.org/"],
        reason="cannot reach https://a:hunter2@example.org/x",
    )
    said = capsys.readouterr().err
    assert "hunter2" not in said
    assert "example.org/feed" in said
    assert "text/xml" in said
