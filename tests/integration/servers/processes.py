"""What all servers need of the machine: a folder, a lock, ports, and processes that are signalled by no mistake."""

import contextlib
import fcntl
import os
import signal
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

HOST = "127.0.0.1"
CLAIM_S = 300
"""How long a server may take from choosing a port to listening on it."""


class ServerError(Exception):
    """A server does not do what it should; the text says which, and ends with what it last said."""


class UnavailableError(Exception):
    """This machine cannot run the server: no Java, no Maven, or no way to what Maven brings."""


def servers_folder() -> Path:
    """MARSAD_SERVERS, else the user's cache; root's servers run as nobody, who cannot enter root's home."""
    cache = Path("/var/cache") if os.geteuid() == 0 else Path.home() / ".cache"
    return Path(os.environ.get("MARSAD_SERVERS") or cache / "marsad-servers").expanduser().absolute()


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """One process at a time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def free_ports(count: int, first: int) -> list[int]:
    """The first ports from `first` on that nobody listens on, below those that the system gives to outgoing connections.

    They are ours for CLAIM_S: another server that is starting, of another test, gets others.
    """
    claims = servers_folder() / "run" / "ports"
    claims.mkdir(parents=True, exist_ok=True)
    with locked(claims.with_suffix(".lock")):
        free = [port for port in range(first, first + 500) if is_free(port) and not _claimed(claims / f"{port}")]
        if len(free) < count:
            raise ServerError(f"fewer than {count} ports are free from {first} to {first + 499}")
        for port in free[:count]:
            (claims / f"{port}").touch()
    return free[:count]


def _claimed(claim: Path) -> bool:
    try:
        return time.time() - claim.stat().st_mtime < CLAIM_S
    except FileNotFoundError:
        return False


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


@dataclass(frozen=True, kw_only=True)
class Process:
    """A process that we started: a pid may be used again, pid and time of birth name one process."""

    pid: int
    birth: str

    @classmethod
    def of(cls, pid: int) -> Self:
        return cls(pid=pid, birth=_fields(pid)[19])

    @classmethod
    def start(cls, command: list[str], environment: Mapping[str, str], output: Path) -> Self:
        """Start a program that outlives us; what it says is added to a file."""
        opened = (os.POSIX_SPAWN_OPEN, 1, str(output), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        actions = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0), opened, (os.POSIX_SPAWN_DUP2, 1, 2)]
        return cls.of(os.posix_spawn(command[0], command, environment, file_actions=actions, setsid=True))

    @property
    def alive(self) -> bool:
        return self._state not in {"", "Z"}

    @property
    def frozen(self) -> bool:
        return self._state == "T"

    @property
    def _state(self) -> str:
        """R, S, T and so on, as proc(5) says; nothing where it has ended."""
        try:
            fields = _fields(self.pid)
        except OSError:
            return ""
        return fields[0] if fields[19] == self.birth else ""

    def send(self, number: signal.Signals) -> None:
        if self.alive:
            os.kill(self.pid, number)


def end(processes: Sequence[Process], number: signal.Signals, *, patience: float = 30) -> None:
    """End processes in order or by SIGKILL, and wait; what outlives the patience is killed."""
    for process in processes:
        process.send(number)
    deadline = time.monotonic() + patience
    while any(process.alive for process in processes):
        if time.monotonic() > deadline:
            if number is signal.SIGKILL:
                raise ServerError(f"{processes} outlive SIGKILL")
            end(processes, signal.SIGKILL)
            return
        time.sleep(0.05)


def tail(*logs: Path, lines: int = 15) -> str:
    """The end of what logs say, less the stacks, for a message."""
    said = [line for log in logs if log.is_file() for line in log.read_text(errors="replace").splitlines()]
    return "\n".join([line for line in said if not line.startswith("\tat ")][-lines:])


def _fields(pid: int) -> list[str]:
    """proc's line on a process from the third field on: the name before it may hold anything."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
