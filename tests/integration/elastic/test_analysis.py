"""A real server cuts texts as marsad.arabic does, and what people type into Kibana finds what it should."""

import os
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from elasticsearch import Elasticsearch
from elasticsearch.helpers import bulk
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from indexers.elastic.analysis import ASKING, READING, WORDS, analysis
from marsad.arabic.letters import DROPPED, FORMATS, normal
from marsad.arabic.tokens import tokenize

GOLD = Path(os.environ.get("MARSAD_GOLD", "/nowhere"))
NOTHING = [chr(code) for code in range(0x0600, 0xFE00) if chr(code).isalnum() and chr(code) not in DROPPED]
NOTHING = [char for char in NOTHING if not normal(char)]
"""Letters whose normal form is nothing."""


class Placed(NamedTuple):
    """A token with its span in code points, and its position."""

    text: str
    start: int
    end: int
    position: int


@pytest.fixture
def analyzing(client: Elasticsearch, own_name: str) -> Iterator[str]:
    """An index with our analyzers and a field of words and one of readings."""
    read = {"type": "text", "analyzer": READING, "search_analyzer": ASKING}
    client.indices.create(
        index=own_name,
        settings={"number_of_replicas": 0, "analysis": analysis(), "analyze.max_token_count": 20_000},
        mappings={"properties": {"text": read, "stock": {"type": "text", "analyzer": "arabic"}}},
    )
    yield own_name
    client.indices.delete(index=own_name)


def served(client: Elasticsearch, index: str, text: str, analyzer: str = WORDS) -> list[Placed]:
    """The server's tokens: it counts UTF-16 units, and takes what is invisible behind a word for a part of it."""
    points = [at for at, char in enumerate(text) for _ in range(1 + (ord(char) > 0xFFFF))]
    points.append(len(text))
    found = []
    for token in client.indices.analyze(index=index, analyzer=analyzer, text=text)["tokens"]:
        start, end = points[token["start_offset"]], points[token["end_offset"]]
        while text[end - 1] in FORMATS:
            end -= 1
        found.append(Placed(token["token"], start, end, token["position"]))
    return found


def ours(text: str) -> list[Placed]:
    return [Placed(token.text, token.start, token.end, at) for at, token in enumerate(tokenize(text))]


@pytest.mark.parametrize(
    "text",
    [
        "داعـــش ولِداعِش ﺩﺍﻋﺶ داعش2014 #داعش_في_سيناء",
        'مقتل قيادي في ‏داعش‏ بضربة، و«القاعدة» و"قسد"!',
        "ISIS İstanbul Ⅷ ² ½ ٣٤ ۱۲ x\u0301y",
        "𝐀b 𞤀x 😀 داعش 😀😀 قسد",
        "1ـ2 ـا ـــ ﷺ ﷲ ﻻ\u200c",
        "",
        " \n\t.",
        "ا" * 9_000,
    ],
)
def test_these_are_cut_alike(client: Elasticsearch, analyzing: str, text: str) -> None:
    assert served(client, analyzing, text) == ours(text)


def test_any_text_is_cut_alike(client: Elasticsearch, analyzing: str) -> None:
    arabic = st.sampled_from([*"داعشقسدغةىأإآؤئءلا 12٣٤۵_-.،«»#", *sorted(DROPPED), *NOTHING, *"ﺩﺍﻋﺶﻻﷲABcİßⅧ²𝐀𞤀😀"])
    # Elasticsearch may know characters of a later Unicode, which are nothing yet to this Python.
    anything = st.characters(exclude_categories=["Cs", "Cn"])

    @settings(max_examples=300, deadline=None)
    @given(st.text(arabic | anything, max_size=40))
    def holds(text: str) -> None:
        visible = [char for char in text if char not in DROPPED]
        known = pairwise(visible)
        assume(not any(char in NOTHING and (one.isdecimal() or char in NOTHING) for one, char in known))
        assert served(client, analyzing, text) == ours(text)

    holds()


def test_every_character_that_python_knows_is_in_the_same_class(client: Elasticsearch, analyzing: str) -> None:
    known = [
        char
        for char in map(chr, range(sys.maxunicode + 1))
        if unicodedata.category(char) not in ("Cs", "Cn", "Co", "Cc")
    ]
    for first in range(0, len(known), 9_000):
        text = " ".join(known[first : first + 9_000])
        there = served(client, analyzing, text)
        here = ours(text)
        assert there == here, [pair for pair in zip(there, here, strict=False) if pair[0] != pair[1]][:3]


def test_what_is_longer_than_lucene_takes_is_cut_off_and_the_document_is_indexed(
    client: Elasticsearch, analyzing: str
) -> None:
    client.index(index=analyzing, id="1", document={"text": "ا" * 100_000 + " داعش"}, refresh=True)
    assert client.count(index=analyzing, query={"match": {"text": "داعش"}})["count"] == 1


@pytest.mark.parametrize(
    ("typed", "text", "found"),
    [
        ("داعش", "لا علاقة له بداعش", True),
        ("داعش", "الفكر الداعشي", True),
        ("داعش", "داعشيون", True),
        ("القاعدة", "هجوم للقاعدة", True),
        ("القاعدة", "والقاعدة", True),
        ("بوكو حرام", "داعش وبوكو حرام", True),
        ("ترامب", "قال ترمب", True),
        ("قسد", "القسدير", False),
        ("قسد", "قصد", False),
        ("وزارة", "زاره", False),
    ],
)
def test_what_is_typed_finds(client: Elasticsearch, analyzing: str, typed: str, text: str, found: bool) -> None:  # noqa: FBT001 - a column of the table
    client.index(index=analyzing, id="1", document={"text": text}, refresh=True)
    assert bool(client.count(index=analyzing, query={"match_phrase": {"text": typed}})["count"]) == found


@pytest.mark.skipif(
    not GOLD.is_dir(), reason="QUALITY IS NOT JUDGED: MARSAD_GOLD does not name the folder of gold articles"
)
def test_what_is_typed_keeps_its_floor_on_the_keyword_traps(client: Elasticsearch, analyzing: str) -> None:
    lines = (GOLD / "traps.tsv").read_text(encoding="utf-8").splitlines()[1:]
    rows = [line.split("\t")[:3] for line in lines]
    documents = ({"_id": str(at), "text": text, "stock": text} for at, (_, text, _) in enumerate(rows))
    bulk(client, documents, index=analyzing, refresh=True)
    right = {field: judged(client, analyzing, field, rows) for field in ("text", "stock")}
    print(right)
    assert right["text"]["right"] >= 0.70
    assert right["text"]["precision"] >= 0.71
    assert right["text"]["recall"] >= 0.77
    assert right["text"]["right"] >= right["stock"]["right"] + 0.12


def judged(client: Elasticsearch, index: str, field: str, rows: list[list[str]]) -> dict[str, float]:
    counts: Counter[tuple[bool, bool]] = Counter()
    for keyword in {row[0] for row in rows}:
        answer = client.search(index=index, query={"match_phrase": {field: keyword}}, size=1_000, source=False)
        hits = {int(hit["_id"]) for hit in answer["hits"]["hits"]}
        counts.update((at in hits, row[2] == "1") for at, row in enumerate(rows) if row[0] == keyword)
    met = counts[True, True]
    return {
        "right": (met + counts[False, False]) / counts.total(),
        "precision": met / (met + counts[True, False]),
        "recall": met / (met + counts[False, True]),
    }
