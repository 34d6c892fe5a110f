"""`marsad status` in the cluster where Kafka and Elasticsearch are away: it says so, and ends with 1."""

import json
from pathlib import Path

from tests.marsad_process import marsad, write_config

SETTINGS = """
mode = "cluster"
[kafka]
bootstrap = ["127.0.0.1:1"]
[elasticsearch]
urls = ["http://127.0.0.1:1"]
"""


def test_what_is_away_is_named_and_the_rest_is_shown(tmp_path: Path) -> None:
    config = write_config(tmp_path / "config", settings=SETTINGS)
    place = ("--config", config, "--data", tmp_path / "data")
    marsad("feeds", "add", "http://127.0.0.1:1/feed", *place)
    asked = marsad("status", "--json", *place)
    found = json.loads(asked.stdout)
    assert asked.returncode == 1
    assert found["silent"].keys() == {"kafka", "elasticsearch"}
    assert "Kafka at 127.0.0.1:1 does not answer" in found["silent"]["kafka"]
    assert "Elasticsearch at http://127.0.0.1:1 cannot be reached" in found["silent"]["elasticsearch"]
    assert found["here"]["feeds"]["all"] == 1
    assert set(found["lag"].values()) == {None}
    shown = marsad("status", *place)
    assert shown.returncode == 1
    assert "127.0.0.1:1 does not answer" in shown.stdout
    assert "not known here" in shown.stdout
