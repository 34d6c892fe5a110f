"""How well stories come out on articles whose stories are known: floors that may rise and must not sink."""

import json
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from marsad.catalogue import load_catalogue
from marsad.cli.documents import read_documents
from marsad.config import Config
from processors.annotate import Annotator
from processors.stories import story_data
from processors.storystream import StoryStream

GOLD = Path(__file__).parent.parent / "data" / "stories.jsonl"
PRECISION, RECALL = 0.97, 0.48


@pytest.fixture(scope="module")
def gold() -> list[dict[str, Any]]:
    return [json.loads(line) for line in GOLD.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def stories() -> dict[str, str]:
    annotate = Annotator(load_catalogue(Config(None).files("actors*.toml")))
    stream = StoryStream()
    found = {made.id: stream.add(story_data(annotate(made))) for made in read_documents([GOLD])}
    return {name: it.story for name, it in found.items() if it is not None}


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return one["story"] is not None and one["story"] == other["story"]


def test_pairs_of_articles_keep_their_floors(gold: list[dict[str, Any]], stories: dict[str, str]) -> None:
    pairs = list(combinations(gold, 2))
    given = [(one, other) for one, other in pairs if stories[one["id"]] == stories[other["id"]]]
    right = sum(same(*pair) for pair in given)
    assert right / len(given) >= PRECISION, (right, len(given))
    assert right / sum(same(*pair) for pair in pairs) >= RECALL, right


def test_round_ups_stay_alone(gold: list[dict[str, Any]], stories: dict[str, str]) -> None:
    for document in gold:
        if document["roundup"]:
            assert [name for name, story in stories.items() if story == stories[document["id"]]] == [document["id"]]
