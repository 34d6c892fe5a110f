"""Quality on annotated articles that are not part of the repository: floors that may rise and must not sink.

The folder is named by MARSAD_GOLD; without it nothing of this is judged, and the run says so.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.marsad_process import MARSAD, marsad

GOLD = Path(os.environ.get("MARSAD_GOLD", "/nowhere"))
pytestmark = pytest.mark.skipif(
    not GOLD.is_dir(), reason="QUALITY IS NOT JUDGED: MARSAD_GOLD does not name the folder of gold articles"
)


def test_keyword_traps_are_decided_rightly() -> None:
    judged = subprocess.run(
        [sys.executable, GOLD / "traps_match.py", MARSAD, GOLD / "traps.tsv", "--floor", "95"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert judged.returncode == 0, judged.stdout


def test_annotations_keep_their_floors(tmp_path: Path) -> None:
    gold = [json.loads(line) for line in (GOLD / "dev.jsonl").read_text(encoding="utf-8").splitlines()]
    documents = "".join(
        json.dumps({key: document[key] for key in ("id", "text", "published")}) + "\n" for document in gold
    )
    (tmp_path / "out.jsonl").write_text(marsad("annotate", "--jsonl", text=documents).stdout, encoding="utf-8")
    judged = subprocess.run(
        [sys.executable, GOLD / "score.py", GOLD / "dev.jsonl", tmp_path / "out.jsonl"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = {
        name: (float(precision), float(recall))
        for name, precision, recall in re.findall(r"^(\S+) +P +([\d.]+) +R +([\d.]+)", judged, re.MULTILINE)
    }
    for name, precision, recall in (("mentions", 92, 87), ("events", 58, 62), ("arguments", 42, 39)):
        assert found[name] >= (precision, recall), judged
        assert found[name][1] >= recall, judged


def test_stories_keep_their_floors(tmp_path: Path) -> None:
    grouped = marsad("stories", "--jsonl", text=(GOLD / "stories.jsonl").read_text(encoding="utf-8")).stdout
    (tmp_path / "out.jsonl").write_text(grouped, encoding="utf-8")
    judged = subprocess.run(
        [sys.executable, GOLD / "score_stories.py", GOLD / "stories.jsonl", tmp_path / "out.jsonl"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found = {
        name: (float(precision), float(recall))
        for name, precision, recall in re.findall(r"^(\S+) +P +([\d.]+) +R +([\d.]+)", judged, re.MULTILINE)
    }
    for name, precision, recall in (("pairs", 97, 48), ("B-cubed", 98, 64)):
        assert found[name] >= (precision, recall), judged
        assert found[name][1] >= recall, judged
