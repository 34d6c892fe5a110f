"""Brings docker-compose.yml up as a user would, sees it work and survive, and takes it down: `make test-compose`.

What cannot be pulled is replaced by override.yml. Everything else is the file itself: the image is built from the Dockerfile, the
accounts are made in a real Elasticsearch that asks for passwords, and every container runs with its limits and rights.
"""

import json
import os
import secrets
import shlex
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.compose.engine import compose_client, docker, engine, run
from tests.compose.outlets import Outlets
from tests.integration.servers import elastic_zip, kafka_cluster
from tests.integration.servers.elastic_node import JAVA_AT_LEAST
from tests.integration.servers.java import find_java
from tests.integration.servers.processes import ServerError, UnavailableError, free_ports
from tests.marsad_process import RULES, write_config

ROOT = Path(__file__).parents[2]
PROJECT = "marsad-test"
SERVICES = ("ingest", "process", "group", "index", "notify")
AS_IT_SHOULD = {"accounts": "exited 0", "dashboard": "exited 0", "feeds": "running"}
"""The state of a container that is well; of all others «healthy»."""
PATIENCE_S = 240
SETTINGS = """
[fetch]
interval_s = 1
allow = ["feeds:8000"]
full_text = false
[stories]
likeness = 1
"""
STRANGER = """
import os
from elasticsearch import ApiError, Elasticsearch
account = os.environ["MARSAD_ELASTICSEARCH__USER"], os.environ["MARSAD_ELASTICSEARCH__PASSWORD"]
try:
    Elasticsearch("http://elasticsearch:9200", basic_auth=account).index(index="others", document={})
except ApiError as error:
    print(error.status_code)
"""
"""Marsad's account writes where it has no business."""


class Stack:
    """The containers of the file, asked by the commands that a user has."""

    def __init__(self, place: Path, where: Mapping[str, str]) -> None:
        """Write the configuration and choose passwords; nothing runs yet."""
        self._where = where
        self.outlets = Outlets(place / "feeds")
        config = write_config(place / "config", settings=SETTINGS, rules=RULES)
        place.chmod(0o755)  # a container has another user
        self._client = compose_client()
        self.secrets = {account: f"a{secrets.token_hex(8)}" for account in ("elastic", "kibana_system", "marsad")}
        # Compose, shells and JSON are each to pass on what they read something into; Kibana's own scripts would not.
        self.passwords = {
            name: secret + ("" if name == "kibana_system" else "$\"'\\") for name, secret in self.secrets.items()
        }
        self._environment = {
            **where,
            "ELASTIC_PASSWORD": self.passwords["elastic"],
            "KIBANA_PASSWORD": self.passwords["kibana_system"],
            "MARSAD_PASSWORD": self.passwords["marsad"],
            "PYTHON_IMAGE": "marsad-test/python:bookworm",
            "MARSAD_CONFIG_DIR": str(config),
            "KIBANA_PORT": str(free_ports(1, 15601)[0]),
            "STANDIN_JAVA": str(find_java(JAVA_AT_LEAST, "Elasticsearch").resolve()),
            "STANDIN_KAFKA": str(kafka_cluster.fetch()),
            "STANDIN_ELASTICSEARCH": str(elastic_zip.fetch()),
            "STANDIN_FEEDS": str(place / "feeds"),
        }

    def compose(self, *arguments: str) -> str:
        """Run docker-compose on the file with the override."""
        files = ["-f", "docker-compose.yml", "-f", "tests/compose/override.yml"]
        command = [*self._client, "--project-name", PROJECT, "--project-directory", str(ROOT), *files, *arguments]
        return run(command, self._environment)

    def down(self) -> None:
        """Take everything down that is of the project: containers, networks, volumes, and the images that were built."""
        self.compose("down", "--volumes", "--remove-orphans", "--rmi", "local", "--timeout", "20")

    def left(self) -> str:
        """What of the project is still there."""
        of = f"--filter=label=com.docker.compose.project={PROJECT}"
        kinds = (("ps", "--all"), ("volume", "ls"), ("network", "ls"))
        found = [docker(self._where, *kind, "--quiet", of) for kind in kinds]
        return "".join([*found, docker(self._where, "image", "ls", "--quiet", f"--filter=reference={PROJECT}*")])

    def inside(self, service: str, *command: str) -> str:
        """Run a command in the container of a service."""
        return self.compose("exec", "-T", service, *command)

    def containers(self, service: str = "") -> list[Mapping[str, Any]]:
        """What the engine knows of the containers, all or those of one service."""
        of = [f"--filter=label=com.docker.compose.project={PROJECT}"]
        if service:
            of.append(f"--filter=label=com.docker.compose.service={service}")
        ids = docker(self._where, "ps", "--all", "--quiet", *of).split()
        found: list[Mapping[str, Any]] = json.loads(docker(self._where, "inspect", *ids)) if ids else []
        return found

    def kill(self, service: str) -> None:
        """SIGKILL for all its containers as the kernel would send it; the engine's own kill is answered by no restart policy."""
        before = {one["Id"]: one["RestartCount"] for one in self.containers(service)}
        for one in self.containers(service):
            pid = one["State"]["Pid"]
            if not pid or one["Id"] not in Path(f"/proc/{pid}/cgroup").read_text(encoding="utf-8"):
                raise ServerError(f"{service}: {pid} is no process of its container that this machine sees")
            os.kill(pid, signal.SIGKILL)
        wait_for(
            f"{service} is back",
            lambda: all(
                one["State"]["Running"] and one["RestartCount"] > before[one["Id"]] for one in self.containers(service)
            ),
        )

    def stored(self) -> int:
        """How many articles Elasticsearch has, as marsad's own account sees it."""
        try:
            found = json.loads(self.inside("index", "marsad", "status", "--json"))
        except ServerError:
            return 0  # something is only starting
        return found["elasticsearch"]["articles"] or 0

    def told(self) -> list[Mapping[str, Any]]:
        """What the file receiver was told."""
        try:
            lines = self.inside("notify", "cat", "/var/lib/marsad/alerts.jsonl").splitlines()
        except ServerError:
            return []
        return [json.loads(line) for line in lines]

    def settled(self, what: str) -> None:
        """Wait until all that was published is stored and told; then nothing may be there twice."""
        due = self.outlets
        wait_for(
            what,
            lambda: self.stored() == due.published and len(self.told()) >= due.watched,
            lambda: f"{self.stored()} of {due.published} stored, {len(self.told())} of {due.watched} told",
        )
        ids = [line["id"] for line in self.told()]
        assert len(set(ids)) == len(ids) == due.watched, ids
        say(
            f"{what}: {due.published} articles published = {self.stored()} stored; {due.watched} alerts due = {len(ids)} told"
        )


def wait_for(what: str, done: Callable[[], bool], seen: Callable[[], object] = lambda: "") -> None:
    """Until it is done; ServerError with what was seen where it never is."""
    deadline = time.monotonic() + PATIENCE_S
    while not done():
        if time.monotonic() > deadline:
            raise ServerError(f"not within {PATIENCE_S} s: {what}; {seen()}")
        time.sleep(0.5)


def say(text: str) -> None:
    """A line of the report, with the seconds since the beginning."""
    print(f"{time.monotonic() - BEGAN:6.1f} s  {text}", flush=True)


@contextmanager
def up(stack: Stack) -> Iterator[None]:
    """Everything up; taken down with its data in any case, after the logs were shown where something failed."""
    try:
        stack.compose("config", "--quiet")
        stack.down()  # what a run left that was killed
        stack.compose("up", "--detach", "--build")
        say("up")
        yield
    except BaseException:
        print(stack.compose("ps"), stack.compose("logs", "--no-color", "--tail=25"), sep="\n", file=sys.stderr)
        raise
    finally:
        stack.down()


def ready(stack: Stack) -> None:
    """Wait until every container is healthy or has done its work."""

    def states() -> dict[str, str]:
        return {one["Name"].strip("/"): state_of(one["State"]) for one in stack.containers()}

    wait_for(
        "all is ready",
        lambda: all(
            state_of(one["State"]) == AS_IT_SHOULD.get(one["Config"]["Labels"]["com.docker.compose.service"], "healthy")
            for one in stack.containers()
        ),
        states,
    )
    say("ready: " + ", ".join(f"{name} {state}" for name, state in sorted(states().items())))


def state_of(state: Mapping[str, Any]) -> str:
    """A container's state in a word or two."""
    if state["Status"] == "exited":
        return f"exited {state['ExitCode']}"
    return str(state.get("Health", {"Status": state["Status"]})["Status"])


def guarded(stack: Stack) -> None:
    """What an intruder would like to find: rights, open ports, and passwords in logs."""
    for one in stack.containers():
        for bindings in (one["NetworkSettings"]["Ports"] or {}).values():
            assert all(binding["HostIp"] == "127.0.0.1" for binding in bindings or []), one["Name"]
    for service in SERVICES:
        (one, *_) = stack.containers(service)
        host = one["HostConfig"]
        assert stack.inside(service, "id", "-u").strip() == "10001", service
        assert (host["ReadonlyRootfs"], host["CapDrop"], host["Memory"] > 0) == (True, ["ALL"], True), service
    logs = stack.compose("logs", "--no-color")
    for account, secret in stack.secrets.items():
        assert secret not in logs, f"the password of {account} is in the logs"
        whoami = f"curl -fsS -u {shlex.quote(f'{account}:{stack.passwords[account]}')} 127.0.0.1:9200/_security/_authenticate"
        assert json.loads(stack.inside("elasticsearch", "bash", "-c", whoami))["username"] == account
    assert "403" in stack.inside("index", "python3", "-c", STRANGER)
    say("guarded: no root, nothing beyond loopback, no password in the logs, accounts with their own rights")


def found(stack: Stack) -> None:
    """The words of an analyst, in the containers."""
    hits = [json.loads(line) for line in stack.inside("index", "marsad", "search", "داعش", "--json").splitlines()]
    assert len(hits) == stack.outlets.watched, hits
    listed = stack.inside("notify", "marsad", "alerts", "--json").splitlines()
    assert len(listed) == stack.outlets.watched, listed
    feeds = stack.inside("ingest", "marsad", "feeds", "list")
    assert "feeds:8000" in feeds, feeds
    say(f"found: «marsad search داعش» has {len(hits)} articles, the first «{hits[0]['title']}»")


def ended(stack: Stack) -> None:
    """Every service ends in order when asked to, well within what it is given."""
    began = time.monotonic()
    stack.compose("stop", *SERVICES)
    codes = {one["Name"].strip("/"): one["State"]["ExitCode"] for name in SERVICES for one in stack.containers(name)}
    assert set(codes.values()) == {0}, codes
    say(f"asked to stop: {len(codes)} containers ended with 0 in {time.monotonic() - began:.1f} s")


def main() -> int:
    """Everything, in order; the exit code."""
    try:
        with engine() as where, tempfile.TemporaryDirectory(prefix="marsad-compose-") as place:
            say(f"Docker engine {docker(where, 'version', '--format', '{{.Server.Version}}').strip()}")
            stack = Stack(Path(place), where)
            with up(stack):
                ready(stack)
                for url in stack.outlets.urls:
                    stack.inside("ingest", "marsad", "feeds", "add", url)
                stack.outlets.publish(20)
                stack.settled("the first articles")
                found(stack)
                guarded(stack)
                stack.inside("notify", "marsad", "replay", "articles", "--since", "1d")  # nobody is told again
                for service in (*SERVICES, "kafka", "elasticsearch"):
                    stack.outlets.publish(10)
                    stack.kill(service)
                stack.settled("after SIGKILL of each container in turn")
                ended(stack)
            assert not stack.left(), stack.left()
            say("taken down, nothing is left")
    except (ServerError, UnavailableError, AssertionError) as error:
        if isinstance(error, AssertionError):
            traceback.print_exc()
        print(f"make test-compose failed: {error!s:.4000}", file=sys.stderr)
        return 1
    return 0


BEGAN = time.monotonic()
signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that all is taken down
if __name__ == "__main__":
    sys.exit(main())
