"""Every panel and saved search of Kibana's dashboard finds rows on a real Elasticsearch, and the right ones."""

import json
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from elasticsearch import Elasticsearch

from indexers.elastic.kibana import ndjson, saved_objects
from indexers.elastic.kibana_panels import FILE, board_of
from indexers.elastic.mapping import Names
from indexers.elastic.panels import Panels
from indexers.elastic.store import ElasticStore
from marsad.annotation import AnnotatedArticle, Entity, Event, Span, StoryArticle
from marsad.config import Config, read_toml
from marsad.feed import FeedHealth
from marsad.message import Partition
from marsad.settings import ElasticsearchSettings
from marsad.topics import ALERTS, STORIES
from tests.integration.elastic.conftest import clear
from tests.integration.elastic.kibana_queries import aggregations, discovered, source, within
from tests.samples import HOUR, NOW, alert, article, story_article

BOARD = board_of(read_toml(Config().file(FILE)), FILE)
PANELS = [panel.id for panel in BOARD.panels]
SEARCHES = [search.id for search in BOARD.searches]
PLACE = Entity(id="e8", type="LOC", kind="place", name="دير الزور", english="Deir ez-Zor", mentions=())
DAESH = Entity(id="e9", type="ORG", kind="armed_group", name="تنظيم الدولة الإسلامية", actor="daesh", mentions=())
SDF = Entity(id="e7", type="ORG", kind="armed_group", name="قوات سوريا الديمقراطية", actor="sdf", mentions=())


def day(shift: int) -> str:
    return datetime.fromtimestamp((NOW + shift * 24 * HOUR) / 1000, UTC).isoformat()


def told(made: StoryArticle, *entities: Entity, place: str | None = None) -> StoryArticle:
    """The article with these entities, and with a raid."""
    event = Event(type="ASSAULT", mode="aerial", anchor=Span(0, 3), actors=(), recipients=(), place=place)
    annotated: AnnotatedArticle = msgspec.structs.replace(made.annotated, entities=entities, events=(event,))
    return msgspec.structs.replace(made, annotated=annotated)


ARTICLES = [
    told(
        story_article(article("غارة على داعش", title="الأول", name="a", age=5 * HOUR), story="raid"),
        DAESH,
        PLACE,
        place="e8",
    ),
    told(
        story_article(article("الدواعش يفرون من الغارة", title="انسحاب لداعش", name="b", age=2 * HOUR), story="raid"),
        DAESH,
    ),
    told(story_article(article("لقسد موقف من الاتفاق", title="الموقف", name="c", age=HOUR), story="talks"), SDF),
    story_article(article("أسعار القمح", title="القمح", name="d", age=HOUR // 2), story="wheat"),
]
FEEDS = [
    FeedHealth(feed_id="f1", feed_url="http://127.0.0.1/1", title="وكالة", state="working", since=NOW - 9_000 * HOUR),
    FeedHealth(
        feed_id="f2", feed_url="http://127.0.0.1/2", title="جريدة", state="failing", since=NOW, failures=3, error="500"
    ),
]


class Scene:
    """Kibana's saved objects beside a server that holds what marsad indexed."""

    def __init__(self, client: Elasticsearch, prefix: str) -> None:
        self.client = client
        self.names = Names(prefix)
        lines = ndjson(saved_objects(BOARD, prefix)).splitlines()
        self.objects = {one["id"].removeprefix(f"{prefix}-"): one for one in map(json.loads, lines)}

    def view(self, one: Mapping[str, Any]) -> Mapping[str, Any]:
        """The attributes of the view that an object looks through."""
        found: Mapping[str, Any]
        (found,) = [
            view["attributes"]
            for view in self.objects.values()
            if (view["type"], view["id"]) in [(to["type"], to["id"]) for to in one["references"]]
        ]
        return found

    def asked(self, name: str, **further: Any) -> Mapping[str, Any]:
        """What Elasticsearch says to what Kibana asks for a panel or a search over a week."""
        one = self.objects[name]
        view = self.view(one)
        filters = [source(one), *within(view.get("timeFieldName"), day(-7), day(1))]
        found = self.client.search(index=view["title"], query={"bool": {"filter": filters}}, **further)
        assert not found["timed_out"]
        assert found["_shards"]["failed"] == 0
        body: Mapping[str, Any] = found.body
        return body

    def counted(self, name: str) -> Mapping[str, Any]:
        state = json.loads(self.objects[name]["attributes"]["visState"])
        found: Mapping[str, Any] = self.asked(name, aggs=aggregations(state), size=0)["aggregations"]
        return found

    def shown(self, name: str, columns: Sequence[str]) -> list[Mapping[str, Any]]:
        """The fields of each document of a search."""
        hits = self.asked(name, **discovered(self.objects[name], columns))["hits"]["hits"]
        return [hit["fields"] for hit in hits]


@pytest.fixture(scope="module")
def scene(elasticsearch: str) -> Iterator[Scene]:
    """Articles, alerts and feeds, indexed as marsad does, under a prefix of their own."""
    prefix = f"kibana-{uuid.uuid4().hex[:8]}"
    settings = ElasticsearchSettings(urls=[elasticsearch], prefix=prefix, replicas="0")
    with Elasticsearch(elasticsearch, request_timeout=60) as client:
        store, panels = ElasticStore(settings), Panels(settings)
        try:
            store.index(ARTICLES, {Partition(STORIES.name, 0): len(ARTICLES)})
            panels.index([alert(), alert(rule="qasad"), alert(story="other"), *FEEDS], {Partition(ALERTS.name, 0): 3})
            client.indices.refresh(index=f"{prefix}-*")
            yield Scene(client, prefix)
        finally:
            store.close()
            panels.close()
            clear(client, prefix)


@pytest.mark.parametrize("name", PANELS)
def test_every_panel_finds_rows(scene: Scene, name: str) -> None:
    ((_, outer),) = scene.counted(name).items()
    assert outer["buckets"]
    assert all(bucket["doc_count"] > 0 for bucket in outer["buckets"])


@pytest.mark.parametrize("name", SEARCHES)
def test_every_search_finds_documents_and_shows_them_as_discover_asks(scene: Scene, name: str) -> None:
    columns = scene.objects[name]["attributes"]["columns"]
    found = scene.shown(name, columns)
    assert found
    nowhere = {"places"} if name == "sdf-actor" else set()
    assert {field for fields in found for field in fields} == set(columns) - nowhere


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("actors-top", {"daesh": 2, "sdf": 1}),
        ("names-top", {DAESH.name: 2, PLACE.name: 1, SDF.name: 1}),
        ("events-places", {"ASSAULT|aerial|دير الزور": 1}),
        ("stories-largest", {"raid": 2, "talks": 1, "wheat": 1}),
        ("feeds-by-state", {"working": 1, "failing": 1}),
    ],
)
def test_a_panel_counts_what_it_says(scene: Scene, name: str, expected: dict[str, int]) -> None:
    assert {row["key"]: row["doc_count"] for row in scene.counted(name)["3"]["buckets"]} == expected


def test_stories_have_their_first_title_their_outlets_and_their_last_time(scene: Scene) -> None:
    largest = scene.counted("stories-largest")["3"]["buckets"][0]
    assert largest["4"]["hits"]["hits"][0]["fields"] == {"title": ["الأول"]}
    assert largest["5"]["value"] == 1
    assert largest["6"]["value"] == NOW - 2 * HOUR
    latest = scene.counted("stories-latest")["3"]["buckets"]
    assert [row["key"] for row in latest] == ["wheat", "talks", "raid"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("articles-over-time", {"وكالة المثال": 4}),
        ("events-over-time", {"ASSAULT": 3}),
        ("alerts-over-time", {"daesh": 2, "qasad": 1}),
    ],
)
def test_bars_over_time_add_up_to_what_is_there(scene: Scene, name: str, expected: dict[str, int]) -> None:
    found: Counter[str] = Counter()
    for bar in scene.counted(name)["2"]["buckets"]:
        found.update({part["key"]: part["doc_count"] for part in bar["3"]["buckets"]})
    assert found == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("daesh-actor", ["انسحاب لداعش", "الأول"]),
        ("daesh-text", ["انسحاب لداعش", "الأول"]),
        ("sdf-actor", ["الموقف"]),
        ("sdf-text", ["الموقف"]),
        ("feeds-failing", ["جريدة"]),
    ],
)
def test_a_search_finds_what_it_says_the_newest_first(scene: Scene, name: str, expected: list[str]) -> None:
    assert [fields["title"][0] for fields in scene.shown(name, ["title"])] == expected


def test_what_is_counted_and_sorted_by_can_be_so_by_what_the_server_says(scene: Scene) -> None:
    """Kibana takes its list of fields from here, and shows an error in place of a panel whose field cannot be counted."""
    uses: dict[str, set[str]] = {}
    for name in (*PANELS, *SEARCHES):
        one = scene.objects[name]
        uses.setdefault(scene.view(one)["title"], set()).update(counting(one))
    assert uses.keys() == {scene.names.articles, scene.names.alerts, scene.names.feedhealth}
    for index, fields in uses.items():
        said = scene.client.field_caps(index=index, fields="*")["fields"]
        for field in fields:
            assert all(kind["aggregatable"] for kind in said[field].values()), (index, field)


def counting(one: Mapping[str, Any]) -> Iterator[str]:
    """The fields that an object counts or sorts by."""
    attributes = one["attributes"]
    yield from (field for field, _ in attributes.get("sort", ()))
    for agg in json.loads(attributes.get("visState", '{"aggs": []}'))["aggs"]:
        if agg["type"] == "top_hits":
            yield agg["params"]["sortField"]
        elif "field" in agg["params"]:
            yield agg["params"]["field"]


@pytest.mark.parametrize(("words", "count"), [("داعش", 2), ("القمح", 1), ("first_seen", 0)])
def test_words_without_a_field_are_looked_for_in_title_and_text_alone(scene: Scene, words: str, count: int) -> None:
    typed = {"multi_match": {"type": "best_fields", "query": words, "lenient": True}}
    assert scene.client.count(index=scene.names.articles, query=typed)["count"] == count
