"""Start, look at, disturb and end the servers by hand.

    up [SERVER …]        start what does not run, and print where it is: kafka and elasticsearch, or those named
    status [SERVER …]    a line for each process; exit code 1 where one named does not run
    kill N | stop N      SIGKILL, or an orderly end, for broker N of the three; also «kafka» or «elasticsearch»
    start N              start it again on the same data
    freeze N | thaw N    SIGSTOP, SIGCONT
    down [SERVER …]      end them and forget their data; --keep keeps it

SERVER is kafka (one broker), brokers (three of them) or elasticsearch.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from tests.integration.servers.named import Server, elasticsearch, kafka, named, three_brokers
from tests.integration.servers.processes import ServerError, UnavailableError

SINGLE = ("kill", "stop", "start", "freeze", "thaw")


def main(words: Sequence[str] | None = None) -> int:
    """Carry one command out; the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.integration.servers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=["up", "status", "down", *SINGLE])
    parser.add_argument("what", nargs="*", help="names of servers, or the number of a broker")
    parser.add_argument("--keep", action="store_true", help="with down: keep the data")
    given = parser.parse_args(words)
    try:
        if given.command in SINGLE:
            for what in given.what or parser.error(f"{given.command} what? A broker's number, kafka or elasticsearch"):
                single(given.command, what)()
            return 0
        servers = chosen(given.command, given.what)
    except KeyError as error:
        parser.error(f"there is no server {error}; there are {', '.join(named())} and the brokers 1 to 3")
    except (ServerError, UnavailableError) as error:
        sys.exit(str(error))
    code = act(given.command, servers, keep=given.keep)
    return code if given.what or given.command != "status" else 0


def chosen(command: str, names: Sequence[str]) -> Mapping[str, Server]:
    """The servers that are named, else those that the command is for."""
    known = named()
    default = ["kafka", "elasticsearch"] if command == "up" else list(known)
    return {name: known[name] for name in names or default}


def single(command: str, what: str) -> Callable[[], None]:
    """What is to be done with one process."""
    if what.isdecimal():
        return partial(getattr(three_brokers(), command), int(what))
    found: Callable[[], None] = getattr({"kafka": kafka(), "elasticsearch": elasticsearch()}[what], command)
    return found


def act(command: str, servers: Mapping[str, Server], *, keep: bool) -> int:
    """Do it with each server; 1 where one does not run, or cannot."""
    code = 0
    for name, server in servers.items():
        try:
            if command == "up":
                print(f"{name}: {server.title} at {server.up()}")
            elif command == "down":
                server.down(keep=keep)
            else:
                print(f"{name}: {server.title}", *server.status(), sep="\n  ")
                code |= not server.running()
        except (ServerError, UnavailableError) as error:
            print(f"{name}: {error}", file=sys.stderr)
            code = 1
    return code


if __name__ == "__main__":
    sys.exit(main())
