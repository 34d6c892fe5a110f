"""The layers of imports hold, and the check that says so would notice."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def lint(config: Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), config, "--no-cache"],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(cwd), "PATH": ""},
    )


def test_the_layers_hold() -> None:
    result = lint(ROOT / ".importlinter")
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("marsad/arabic/tokens.py", "import marsad.statefile"),
        ("marsad/article.py", "import marsad.cli.parts"),
        ("ingest/decide.py", "import processors.annotate"),
        ("indexers/store.py", "import ingest.poll"),
        ("processors/annotate.py", "import sqlite3"),
        ("indexers/query/live.py", "import sqlite3"),
        ("ingest/decide.py", "import aiohttp"),
        ("marsad/messagelog/sqlite.py", "import marsad.stage"),
        ("processors/outcome.py", "import faust"),
        ("marsad/relay.py", "import kafka"),
        ("indexers/store.py", "import elasticsearch"),
    ],
)
def test_an_import_against_them_is_noticed(tmp_path: Path, module: str, line: str) -> None:
    for package in ("marsad", "ingest", "processors", "indexers"):
        for path in (ROOT / package).rglob("*.py"):
            copy = tmp_path / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    changed = tmp_path / module
    changed.write_text(f"{changed.read_text(encoding='utf-8')}\n{line}\n", encoding="utf-8")
    result = lint(ROOT / ".importlinter", tmp_path)
    assert result.returncode == 1, result.stdout + result.stderr
