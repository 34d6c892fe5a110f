"""The servers that other tests rest on are real, and what is said of them holds."""

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.integration.servers.elastic_zip import VERSION
from tests.integration.servers.processes import Process, free_ports, is_free

ROOT = Path(__file__).parents[2]


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.integration.servers", *words],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_kafka_answers_and_says_where_it_is(kafka: str) -> None:
    said = run("status", "kafka")
    assert said.returncode == 0
    assert f"broker 1  {kafka}" in said.stdout
    assert "knows brokers [1]" in said.stdout


def test_elasticsearch_answers_with_its_version(elasticsearch: str) -> None:
    with urllib.request.urlopen(elasticsearch, timeout=20) as answer:
        assert json.load(answer)["version"]["number"] == VERSION


def test_every_worker_gets_the_same_server(kafka: str) -> None:
    assert run("up", "kafka").stdout.strip().endswith(f" at {kafka}")


def test_without_maven_it_is_said_what_is_missing(tmp_path: Path) -> None:
    said = run("up", "kafka", MARSAD_SERVERS=str(tmp_path), PATH="/nowhere")
    assert said.returncode == 1
    assert "mvn is not installed" in said.stderr or "needs Java" in said.stderr


def test_a_process_is_not_taken_for_another_with_its_pid() -> None:
    me = Process.of(os.getpid())
    assert me.alive
    assert not Process(pid=me.pid, birth="0").alive


def test_a_process_that_has_ended_is_not_alive_before_it_is_reaped(tmp_path: Path) -> None:
    process = Process.start(["/bin/echo", "said"], {}, tmp_path / "log")
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert not process.alive
    os.waitpid(process.pid, 0)
    assert (tmp_path / "log").read_text() == "said\n"


@pytest.mark.parametrize("count", [1, 4])
def test_free_ports_are_free_and_differ(count: int) -> None:
    ports = free_ports(count, 23_000)
    assert len(set(ports)) == count
    assert all(map(is_free, ports))
