"""A single node of Elasticsearch on loopback, out of SonarQube's zip: Elastic's own build less some modules.

What it lacks (ILM, data streams, percolator, ES|QL, some field types) no test can ask for; a template for tests carries no
`index.lifecycle.*`. As root it runs as nobody, since Elasticsearch refuses to run as root.
"""

import http.client
import json
import os
import pwd
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.integration.servers.elastic_zip import VERSION, fetch
from tests.integration.servers.java import find_java
from tests.integration.servers.processes import (
    HOST,
    Process,
    ServerError,
    end,
    free_ports,
    is_free,
    locked,
    servers_folder,
    tail,
)

JAVA_AT_LEAST = 21
CLUSTER = "marsad-test"
SETTINGS = {
    "cluster.name": CLUSTER,
    "discovery.type": "single-node",
    "network.host": HOST,
    "xpack.security.enabled": "false",
    # With the defaults, a disk that others have filled past 95 % makes every index read-only.
    "cluster.routing.allocation.disk.threshold_enabled": "false",
}
LOG4J = """\
status = error
appender.file.type = File
appender.file.name = file
appender.file.fileName = ${sys:es.logs.base_path}/${sys:es.logs.cluster_name}.log
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = [%d{ISO8601}][%-5p][%c{1.}] %m%n
rootLogger.level = info
rootLogger.appenderRef.file.ref = file
"""


@dataclass(frozen=True, kw_only=True)
class Made:
    """How a node was laid out, as its folder says."""

    port: int
    transport_port: int
    heap: str
    settings: Mapping[str, str]


class ElasticNode:
    """A node that has a folder of its own; all who name the same folder share it. One with other settings is another node."""

    def __init__(
        self, name: str, *, first_port: int, heap: str = "512m", settings: Mapping[str, str] | None = None
    ) -> None:
        self.title = f"Elasticsearch {VERSION}"
        self.folder = servers_folder() / "run" / name
        self._first_port = first_port
        self._heap = heap
        self._settings = dict(settings or {})

    def up(self) -> str:
        """The URL of the running node, which is started where it does not run; it is at least yellow then."""
        java, home = find_java(JAVA_AT_LEAST, self.title), fetch()
        with locked(self.folder.with_suffix(".lock")):
            made, process = self._made(), self._process()
            if made and process and (made.heap, made.settings) != (self._heap, self._settings):
                raise ServerError(f"{self.folder} runs with {made.heap} and {made.settings}: take it down first")
            if process and process.frozen:
                raise ServerError(f"{self.folder}: process {process.pid} is frozen: thaw or kill it first")
            if not process:
                if not (made and is_free(made.port) and is_free(made.transport_port)):
                    made = self._lay_out()
                self._start(java, home, made)
            self._wait()
        return self.address()

    def down(self, *, keep: bool = False) -> None:
        """End the node, frozen or not, and forget its data unless it is kept."""
        with locked(self.folder.with_suffix(".lock")):
            self.thaw()
            end(self._running(), signal.SIGTERM if keep else signal.SIGKILL)
            if not keep:
                shutil.rmtree(self.folder, ignore_errors=True)

    def kill(self) -> None:
        """SIGKILL; `start` brings it back on the same data and port."""
        end(self._running(), signal.SIGKILL)

    def stop(self) -> None:
        """End it in order; `start` brings it back."""
        end(self._running(), signal.SIGTERM)

    def start(self) -> None:
        """Start it again on its data."""
        self.up()

    def freeze(self) -> None:
        """SIGSTOP: the server hangs."""
        for process in self._running():
            process.send(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT: it goes on."""
        for process in self._running():
            process.send(signal.SIGCONT)

    def address(self) -> str:
        """Its URL."""
        made = self._made()
        if not made:
            raise ServerError(f"{self.title}: there is no node in {self.folder}")
        return f"http://{HOST}:{made.port}"

    def running(self) -> bool:
        """Whether it runs."""
        return bool(self._running())

    def status(self) -> Sequence[str]:
        """One line."""
        process = self._process()
        if not process:
            return ["not running"]
        state = "frozen" if process.frozen else "usable" if self._usable() else "unusable"
        return [f"{self.address()}  pid {process.pid}, {state}"]

    def _lay_out(self) -> Made:
        shutil.rmtree(self.folder, ignore_errors=True)
        port, transport_port = free_ports(2, self._first_port)
        made = Made(port=port, transport_port=transport_port, heap=self._heap, settings=self._settings)
        folders = [self.folder / name for name in ("conf", "data", "logs", "tmp")]
        for folder in folders:
            folder.mkdir(parents=True)
        own = {
            "node.name": self.folder.name,
            "http.port": f"{port}",
            "transport.port": f"{transport_port}",
            "path.data": f"{self.folder}/data",
            "path.logs": f"{self.folder}/logs",
        }
        lines = {**SETTINGS, **own, **self._settings}
        # Without AlwaysPreTouch the heap takes memory only as it is used.
        jvm = [f"-Xms{self._heap}", f"-Xmx{self._heap}", "-XX:-AlwaysPreTouch", "-XX:+ExitOnOutOfMemoryError"]
        jvm.append(f"-Djava.io.tmpdir={self.folder}/tmp")
        (self.folder / "conf/elasticsearch.yml").write_text("".join(f"{k}: {v}\n" for k, v in lines.items()))
        (self.folder / "conf/jvm.options").write_text("".join(f"{option}\n" for option in jvm))
        (self.folder / "conf/log4j2.properties").write_text(LOG4J)
        self._give_to_owner([self.folder, *folders, *(self.folder / "conf").iterdir()])
        (self.folder / "node.json").write_text(json.dumps(asdict(made)))  # last: a node that is half made is none
        return made

    def _give_to_owner(self, paths: Sequence[Path]) -> None:
        user, group = _owner()
        if user is None or group is None:
            return
        closed = [path for path in self.folder.parents if not path.stat().st_mode & stat.S_IXOTH]
        if closed:
            raise ServerError(
                f"root runs Elasticsearch as nobody, who cannot pass {closed[-1]}: name another MARSAD_SERVERS"
            )
        for path in paths:
            os.chown(path, user, group)

    def _start(self, java: Path, home: Path, made: Made, patience: float = 240) -> None:
        """Its launcher leaves a daemon behind once the server is ready."""
        del made
        (self.folder / "pid").unlink(missing_ok=True)
        with (self.folder / "launch.log").open("wb") as log:
            user, group = _owner()
            launcher = subprocess.Popen(
                [
                    *(f"{java}/bin/java", "-Xmx64m", "-XX:+UseSerialGC", "-cp", f"{home}/lib/tools/server-launcher/*"),
                    *("org.elasticsearch.server.launcher.ServerLauncher", "-d", "-p", f"{self.folder}/pid"),
                ],
                cwd=home,
                env={
                    "PATH": os.environ.get("PATH", os.defpath),
                    "HOME": f"{self.folder}",
                    "JAVA": f"{java}/bin/java",
                    "JAVA_TYPE": "ES_JAVA_HOME",
                    "ES_JAVA_HOME": f"{java}",
                    "ES_HOME": f"{home}",
                    "ES_PATH_CONF": f"{self.folder}/conf",
                    "ES_TMPDIR": f"{self.folder}/tmp",
                    "ES_DISTRIBUTION_TYPE": "tar",
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=user,
                group=group,
                extra_groups=None if user is None else [],
            )
        try:
            code = launcher.wait(patience)
        except subprocess.TimeoutExpired as error:
            os.killpg(launcher.pid, signal.SIGKILL)
            launcher.wait()
            raise ServerError(f"Elasticsearch did not start within {patience:.0f} s:\n{self._tail()}") from error
        if code:
            raise ServerError(f"Elasticsearch did not start (exit {code}):\n{self._tail()}")
        process = Process.of(int((self.folder / "pid").read_text()))
        (self.folder / "process.json").write_text(json.dumps(asdict(process)))

    def _made(self) -> Made | None:
        try:
            return Made(**json.loads((self.folder / "node.json").read_text()))
        except FileNotFoundError:
            return None

    def _process(self) -> Process | None:
        try:
            process = Process(**json.loads((self.folder / "process.json").read_text()))
        except FileNotFoundError:
            return None
        return process if process.alive else None

    def _running(self) -> list[Process]:
        return [process for process in [self._process()] if process]

    def _wait(self, patience: float = 120) -> None:
        deadline = time.monotonic() + patience
        while not self._usable():
            if not self.running():
                raise ServerError(f"Elasticsearch ended:\n{self._tail()}")
            if time.monotonic() > deadline:
                raise ServerError(f"{self.address()} is not usable after {patience:.0f} s:\n{self._tail()}")
            time.sleep(0.1)

    def _usable(self) -> bool:
        connection = http.client.HTTPConnection(self.address().removeprefix("http://"), timeout=2)
        try:
            connection.request("GET", "/_cluster/health")
            return json.load(connection.getresponse()).get("status") in {"yellow", "green"}
        except (OSError, http.client.HTTPException, ValueError):
            return False
        finally:
            connection.close()

    def _tail(self) -> str:
        return tail(self.folder / "launch.log", self.folder / "logs" / f"{CLUSTER}.log")


def _owner() -> tuple[int | None, int | None]:
    """User and group to run as, None for our own."""
    if os.geteuid():
        return None, None
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid
