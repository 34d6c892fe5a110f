"""The lock on a data directory."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from marsad.errors import LockedError
from marsad.lock import hold, holder

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
