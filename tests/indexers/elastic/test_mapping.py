"""Names, templates and documents agree with each other."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import pytest

from indexers.elastic.documents import (
    alert_document,
    document,
    health_document,
    place_of,
    stored_article,
)
from indexers.elastic.mapping import SAME_SECOND, MonthIndex, Names, Version, current, templates
from marsad.annotation import Entity, Event, Span
from marsad.codec import encode
from marsad.feed import FeedHealth
from tests.samples import NOW, alert, article, story_article

NAMES = Names("marsad")
TEMPLATES = templates(NAMES, shards=1, replicas="0-1")


def fields(template: str) -> dict[str, Any]:
    found: dict[str, Any] = TEMPLATES[template]["template"]["mappings"]["properties"]
    return found


def paths(value: object, prefix: str = "") -> Iterator[str]:
    """The name of every field that a document has."""
    if isinstance(value, list):
        for one in value:
            yield from paths(one, prefix)
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from paths(inner, f"{prefix}.{name}")
    else:
        yield prefix.removeprefix(".")


def mapped(properties: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for name, field in properties.items():
        if "properties" in field:
            yield from mapped(field["properties"], f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


RAID = story_article(article("غارة قرب دير الزور قتلت عناصر من داعش"))
PLACE = Entity(id="e9", type="LOC", kind="place", name="دير الزور", english="Deir ez-Zor", mentions=())
EVENT = Event(
    type="ASSAULT",
    mode="aerial",
    anchor=Span(0, 4),
    actors=("@MIL",),
    recipients=("e1",),
    place="e9",
    date="2026-11",
    dead=3,
)
FULL = msgspec.structs.replace(
    RAID,
    annotated=msgspec.structs.replace(
        RAID.annotated, entities=(*RAID.annotated.entities, PLACE), events=(EVENT, EVENT)
    ),
)


@pytest.mark.parametrize(
    ("template", "made"),
    [
        (NAMES.articles, document(FULL, 1)),
        (NAMES.alerts, alert_document(alert())),
        (
            NAMES.feedhealth,
            health_document(FeedHealth(feed_id="f", feed_url="u", title="t", state="failing", since=1, error="e")),
        ),
    ],
)
def test_a_document_has_exactly_the_fields_of_its_index(template: str, made: dict[str, Any]) -> None:
    assert set(paths(made)) == set(mapped(fields(NAMES.versioned(template))))


def test_every_index_is_strict_and_says_who_made_it() -> None:
    for template in TEMPLATES.values():
        mappings = template["template"]["mappings"]
        assert mappings["dynamic"] == "strict"
        assert mappings["_meta"] == {"by": "marsad", "mapping": current().mapping, "normal_form": current().normal_form}


def test_what_the_indices_hold_changes_only_with_the_number_of_the_mapping() -> None:
    held = {
        name: {key: value for key, value in template["template"]["mappings"].items() if key != "_meta"}
        for name, template in TEMPLATES.items()
    }
    text = json.dumps(list(held.values()), sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    assert (current().mapping, digest) == (1, "8f53e0b90e12be1a"), (
        "another mapping needs another MAPPING, and this line with it"
    )


def test_what_is_known_of_an_article_can_be_searched() -> None:
    made = document(FULL, 7)
    assert made["actors"] == ["isis"]
    assert made["places"] == ["دير الزور", "deir ez zor"]
    assert made["sources"] == ["وكاله", "المثال"]
    assert made["feeds"] == ["feed"]
    assert made["event_types"] == ["ASSAULT", "ASSAULT/aerial"]
    assert made["event_keys"] == ["ASSAULT|aerial|دير الزور"]
    assert made["events"][0] | {"type": "ASSAULT", "actors": ["@MIL"], "recipients": ["isis"]} == made["events"][0]
    assert made["story"] == FULL.membership.story


def test_an_article_comes_back_byte_for_byte() -> None:
    assert encode(stored_article(json.loads(json.dumps(document(FULL, 7))))) == encode(FULL)


def test_places_are_by_the_second_and_then_by_arrival() -> None:
    early, late = (story_article(article(name=str(age), age=age)) for age in (1_000, 0))
    places = [place_of(early, SAME_SECOND - 1), place_of(late, 0), place_of(late, 1), place_of(late, SAME_SECOND - 1)]
    assert places == sorted(set(places))
    assert place_of(late, SAME_SECOND) == place_of(late, 0)
    assert places[-1] < 1 << 63
    assert places[1] // SAME_SECOND == NOW // 1000


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        ("marsad-articles-v1.1-2026-11", MonthIndex("marsad-articles-v1.1-2026-11", Version(1, 1), "2026-11")),
        (
            "marsad-articles-v12.11400-2026-11",
            MonthIndex("marsad-articles-v12.11400-2026-11", Version(12, 11400), "2026-11"),
        ),
        ("marsad-alerts-v1.1", None),
        ("other-articles-v1.1-2026-11", None),
        ("marsad-articles-v1.1-2026-11-old", None),
    ],
)
def test_an_index_says_by_its_name_what_it_is(index: str, expected: MonthIndex | None) -> None:
    assert NAMES.read(index) == expected


def test_the_name_of_a_month_is_read_back() -> None:
    assert NAMES.read(NAMES.month("2026-11")) == MonthIndex(NAMES.month("2026-11"), current(), "2026-11")


@pytest.mark.parametrize(
    ("replicas", "setting"),
    [
        ("0-1", {"auto_expand_replicas": "0-1"}),
        ("1-all", {"auto_expand_replicas": "1-all"}),
        ("2", {"number_of_replicas": 2}),
    ],
)
def test_replicas_are_a_number_or_follow_the_nodes(replicas: str, setting: dict[str, object]) -> None:
    made = templates(NAMES, shards=3, replicas=replicas)[NAMES.versioned(NAMES.articles)]["template"]["settings"][
        "index"
    ]
    assert made | setting == made
    assert made["number_of_shards"] == 3
