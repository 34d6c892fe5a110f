"""Java, and Maven, which brings the servers from where this machine's own settings say."""

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.integration.servers.processes import UnavailableError


def find_java(at_least: int, what: str) -> Path:
    """The home of the first Java that is new enough: ES_JAVA_HOME, JAVA_HOME, the path's, then the newest installed."""
    homes = list(_homes())
    for home in homes:
        if version(home) >= at_least:
            return home
    found = ", ".join(f"{home} ({version(home)})" for home in homes if version(home)) or "none"
    raise UnavailableError(
        f"{what} needs Java {at_least} or newer, found {found}: install one, or name it in JAVA_HOME"
    )


def _homes() -> Iterator[Path]:
    for name in ("ES_JAVA_HOME", "JAVA_HOME"):
        if os.environ.get(name):
            yield Path(os.environ[name])
    if on_path := shutil.which("java"):
        yield Path(on_path).resolve().parent.parent
    yield from sorted(Path("/usr/lib/jvm").glob("*"), key=version, reverse=True)


def version(home: Path) -> int:
    """The feature version of the Java at home; 0 where there is none."""
    with contextlib.suppress(OSError):
        match = re.search(r'JAVA_VERSION="(\d+)', (home / "release").read_text())
        if match and (home / "bin/java").exists():
            return int(match[1])
    return 0


def maven(what: str, *arguments: str) -> None:
    """Run Maven to its end."""
    program = shutil.which("mvn")
    if not program:
        raise UnavailableError(f"mvn is not installed, and it brings {what} (Debian: apt-get install maven)")
    command = [program, "-q", "-B", *arguments]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise UnavailableError(f"Maven could not bring {what}:\n{(done.stdout + done.stderr)[-2000:]}")
