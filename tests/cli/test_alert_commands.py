"""`marsad alerts`, `why` and `rules check` beside a real marsad that tells a real webhook receiver."""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import pytest

from tests.hook import SECRET, Hook, Post
from tests.marsad_process import Item, Outlets, Service, marsad, write_config


def rules(hook: Hook) -> str:
    return f"""
[receivers.hook]
type = "webhook"
url = "{hook.url}"
secret_env = "HOOK_SECRET"
allow_local = true
timeout = "30s"
[[rule]]
id = "daesh"
name = "كل ما عن داعش"
query = "داعش -مطر"
receivers = ["hook"]
throttle = "1h"
[[rule]]
id = "qasad"
query = "قسد غارة"
receivers = ["hook"]
[[rule]]
id = "idle"
query = "زلزال"
receivers = ["hook"]
state = "off"
"""


def item(number: int, text: str) -> Item:
    return Item(f"http://127.0.0.1/{number}", f"خبر {number}", text, format_datetime(datetime.now(UTC)))


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 40
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_from_a_feed_to_a_webhook_and_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Hook() as hook, Outlets(1) as outlets:
        config, data, log = write_config(tmp_path / "config", rules=rules(hook)), tmp_path / "data", tmp_path / "log"
        refused = marsad("rules", "check", "--config", config)
        assert refused.returncode == 2
        assert "receiver «hook»: secret_env: the environment variable HOOK_SECRET is not set" in refused.stderr
        assert marsad("run", "--config", config, "--data", tmp_path / "other").returncode == 2
        marsad("feeds", "add", outlets.urls[0], "--data", data)
        nothing = marsad("alerts", "--data", data)
        assert (nothing.returncode, "There are no alerts yet" in nothing.stdout) == (0, True)
        outlets.publish(0, [item(1, "هجوم لداعش قرب تدمر")])
        monkeypatch.setenv("HOOK_SECRET", SECRET)
        with Service(config, data, log) as service:
            (post,) = hook.wait_for(1, 40)
            assert post.signed
            assert (post.alert["rule"], post.alert["name"]) == ("daesh", "كل ما عن داعش")
            outlets.publish(0, [item(2, "مقتل قيادي في داعش غرب دير الزور"), item(3, "قسد في القامشلي")])
            outlets.publish(0, [item(4, "تصريح عن داعش والجفاف شرق الفرات")])
            wait_until(lambda: json.loads(marsad("status", "--json", "--data", data).stdout)["held"] == 2)
            assert len(hook.posts) == 1, "the throttle holds the others back"
            monkeypatch.delenv("HOOK_SECRET")  # who asks needs no secret
            check_alerts(config, data)
            check_why(config, data)
            service.process.terminate()
            assert service.process.wait(10) == 0
        assert SECRET not in log.read_text(encoding="utf-8")


def check_alerts(config: Path, data: Path) -> None:
    place = ("--config", config, "--data", data)
    lines = [json.loads(line) for line in marsad("alerts", "--json", *place).stdout.splitlines()]
    assert len(lines) == 3
    told = lines[-1]
    assert (told["outlet"], told["title"], told["further"]) == ("وكالة 0", "خبر 1", 0)
    assert told["reasons"][0]["form"] == "داعش"
    assert told["notifications"][0]["state"] == "delivered"
    assert all(line["held_until"] and not line["notifications"] for line in lines[:2])
    shown = marsad("alerts", *place).stdout
    assert "كل ما عن داعش" in shown
    assert "hook took it at" in shown
    assert "held back by the rule's throttle until" in shown
    assert len(marsad("alerts", "--json", "--limit", "1", *place).stdout.splitlines()) == 1
    assert "has given no alert yet" in marsad("alerts", "--rule", "qasad", *place).stdout
    assert "there are: daesh, qasad" in marsad("alerts", "--rule", "none", *place).stdout
    assert len(marsad("alerts", "--json", "--rule", "daesh", *place).stdout.splitlines()) == 3
    assert "3, 2 of them held back" in marsad("status", *place).stdout


def check_why(config: Path, data: Path) -> None:
    place = ("--config", config, "--data", data)
    wait_until(lambda: json.loads(marsad("status", "--json", *place).stdout)["articles"] == 4)
    told = marsad("why", "daesh", "http://127.0.0.1/1", *place).stdout
    assert "Now it meets rule daesh: داعش -مطر" in told
    assert "✓ «داعش» in 1 place" in told
    assert "«داعش» as «داعش» at" in told
    assert "what has to be absent is" in told
    assert ": alert, told." in told
    assert "hook took it at" in told
    held = json.loads(marsad("why", "daesh", "http://127.0.0.1/2", "--json", *place).stdout)
    assert (held["decision"], held["matches_now"], held["alerts"][0]["notifications"]) == ("throttled", True, [])
    missing = marsad("why", "qasad", held["article"][:8], *place).stdout
    assert "Now it does not meet rule qasad" in missing
    assert "✗ «غارة» is nowhere in it" in missing
    assert "Nothing was told" in missing
    assert "(it is off)" in marsad("why", "idle", held["article"], *place).stdout
    unknown = marsad("why", "none", held["article"], *place)
    assert (unknown.returncode, "there is no rule «none»" in unknown.stderr) == (2, True)
    assert marsad("why", "daesh", "ffffffff", *place).returncode == 2


def test_rules_check_lists_what_is_in_force(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shipped = marsad("rules", "check")
    assert shipped.returncode == 0
    assert "2 rules in force, 0 off" in shipped.stdout
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    with Hook() as hook:
        good = marsad("rules", "check", "--config", write_config(tmp_path / "config", rules=rules(hook)))
    assert "كل ما عن داعش · to hook · at most once in 1h" in good.stdout
    assert "2 rules in force, 1 off, 1 receivers; all is well" in good.stdout


def test_what_a_receiver_refused_is_offered_again_under_the_same_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    data = tmp_path / "data"
    with Hook(lambda _: 401) as hook, Outlets(1) as outlets:
        config = write_config(tmp_path / "config", rules=rules(hook))
        place = ("--config", config, "--data", data)
        marsad("feeds", "add", outlets.urls[0], "--data", data)
        outlets.publish(0, [item(1, "هجوم لداعش قرب تدمر")])
        with Service(config, data, tmp_path / "log"):
            hook.wait_for(1, 40)
            wait_until(lambda: json.loads(marsad("status", "--json", *place).stdout)["refused"] == {"hook": 1})
            shown = marsad("replay", "notifications", "--dry-run", *place).stdout
            assert "hook  daesh: HTTP 401" in shown
            assert "1 notifications were refused for good" in shown
            hook.answer = lambda _: 200
            assert "1 of 1 are in the outbox again" in marsad("replay", "notifications", *place).stdout
            refused, taken = hook.wait_for(2, 40)
            assert (taken.key, taken.body) == (refused.key, refused.body)
            wait_until(lambda: "hook took it at" in marsad("alerts", *place).stdout)
        assert "Nothing was refused for good" in marsad("replay", "notifications", *place).stdout


def test_a_receiver_that_hangs_does_not_keep_marsad_from_ending(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    seen: list[Post] = []

    def hang(post: Post) -> str:
        seen.append(post)
        return "hang"

    with Hook(hang) as hook, Outlets(1) as outlets:
        config, data, log = write_config(tmp_path / "config", rules=rules(hook)), tmp_path / "data", tmp_path / "log"
        marsad("feeds", "add", outlets.urls[0], "--data", data)
        outlets.publish(0, [item(1, "هجوم لداعش قرب تدمر")])
        with Service(config, data, log) as service:
            hook.wait_for(1, 40)
            began = time.monotonic()
            service.process.terminate()
            assert service.process.wait(20) == 0
            print(f"ended after {time.monotonic() - began:.1f} s")
            assert time.monotonic() - began < 10, "five seconds, and as many for a machine that is busy"
            assert service.said("receiver hangs and is left to itself")
    assert len(seen) == 1
