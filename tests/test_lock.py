"""The lock on a data directory."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from marsad.errors import LockedError
from marsad.lock import hold, holder, stand_by

HOLDER = """
import sys, time
from pathlib import Path
from marsad.lock import hold
with hold(Path(sys.argv[1]), "run"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_holder_is_refused_by_name_and_a_kill_frees_the_directory(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with (
            pytest.raises(LockedError, match=rf"in use by «marsad run» \(process {holder.pid}\)"),
            hold(tmp_path, "ingest"),
        ):
            pass
        holder.kill()
        holder.wait()
    with hold(tmp_path, "ingest"):
        assert f'"pid": {os.getpid()}' in (tmp_path / "lock").read_text()


def test_looking_who_holds_a_directory_never_keeps_another_from_holding_it(tmp_path: Path) -> None:
    with hold(tmp_path, "run"):
        assert holder(tmp_path) == f"«marsad run» (process {os.getpid()})"
    assert holder(tmp_path) is None
    ended = threading.Event()

    def look() -> None:
        while not ended.is_set():
            holder(tmp_path)
            time.sleep(0.001)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        for _ in range(200):
            with hold(tmp_path, "run"):
                pass
    finally:
        ended.set()
        looking.join()


def test_who_stands_by_takes_over_when_the_holder_is_killed(tmp_path: Path) -> None:
    stopping = threading.Event()
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        killing = threading.Timer(0.5, other.kill)
        killing.start()
        with stand_by(tmp_path, "notify", stopping) as held:
            assert held
            assert holder(tmp_path) == f"«marsad notify» (process {os.getpid()})"
        killing.join()
    assert holder(tmp_path) is None


def test_who_stands_by_ends_when_asked_to(tmp_path: Path) -> None:
    stopping = threading.Event()
    with hold(tmp_path, "notify"):
        threading.Timer(0.3, stopping.set).start()
        with stand_by(tmp_path, "notify", stopping) as held:
            assert not held
