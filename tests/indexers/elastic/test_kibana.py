"""Kibana's saved objects: they hold together, they name fields that are there, and the file that ships is what they are made of."""

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from indexers.elastic.kibana import ndjson, saved_objects
from indexers.elastic.kibana_panels import FILE, WIDTH, board_of, field_types
from marsad.config import Config, read_toml
from marsad.errors import OperatorError

PLACE = "panels.toml"
RAW = read_toml(Config().file(FILE))
BOARD = board_of(RAW, PLACE)
OBJECTS = [json.loads(line) for line in ndjson(saved_objects(BOARD, "marsad")).splitlines()]
VIEWS = {one["id"]: one["attributes"] for one in OBJECTS if one["type"] == "index-pattern"}
(DASHBOARD,) = [one for one in OBJECTS if one["type"] == "dashboard"]
INDICES = {"marsad-articles": "articles", "marsad-alerts": "alerts", "marsad-feedhealth": "feedhealth"}


def of_type(kind: str) -> list[Any]:
    return [pytest.param(one, id=one["id"]) for one in OBJECTS if one["type"] == kind]


def types_of(one: Mapping[str, Any]) -> Mapping[str, str]:
    """The types of the fields that an object can ask for."""
    (view,) = [to["id"] for to in one["references"] if to["type"] == "index-pattern"]
    return field_types(INDICES[VIEWS[view]["title"]])


def test_the_file_that_ships_is_what_the_source_makes() -> None:
    shipped = Config().file("kibana/marsad.ndjson").read_text(encoding="utf-8")
    assert shipped == ndjson(saved_objects(BOARD, "marsad")), (
        "write it anew: marsad kibana export > config/kibana/marsad.ndjson"
    )


def test_ids_are_unique_and_begin_with_the_prefix() -> None:
    for prefix in ("marsad", "other_one"):
        ids = [one["id"] for one in saved_objects(BOARD, prefix)]
        assert len(set(ids)) == len(ids)
        assert all(name.startswith(f"{prefix}-") for name in ids)


def test_nothing_of_another_prefix_is_read_or_replaced() -> None:
    text = ndjson(saved_objects(BOARD, "other"))
    views = {one["attributes"]["title"] for one in map(json.loads, text.splitlines()) if one["type"] == "index-pattern"}
    assert views == {"other-articles", "other-alerts", "other-feedhealth"}
    assert '"marsad-' not in text


def test_every_reference_leads_to_an_object_that_comes_before_and_is_used() -> None:
    before: set[tuple[str, str]] = set()
    for one in OBJECTS:
        names = [to["name"] for to in one["references"]]
        assert len(set(names)) == len(names)
        assert {(to["type"], to["id"]) for to in one["references"]} <= before
        assert set(names) == set(named(one))
        before.add((one["type"], one["id"]))


def named(one: Mapping[str, Any]) -> Iterator[str]:
    """The names of references that an object's own JSON has."""
    source = json.loads(one["attributes"].get("kibanaSavedObjectMeta", {}).get("searchSourceJSON", "{}"))
    if "indexRefName" in source:
        yield source["indexRefName"]
    for panel in json.loads(one["attributes"].get("panelsJSON", "[]")):
        yield f"{panel['panelIndex']}:{panel['panelRefName']}"


def test_a_panel_of_the_dashboard_has_the_type_of_what_it_shows() -> None:
    kinds = {to["name"]: to["type"] for to in DASHBOARD["references"]}
    for panel in json.loads(DASHBOARD["attributes"]["panelsJSON"]):
        assert kinds[f"{panel['panelIndex']}:{panel['panelRefName']}"] == panel["type"]


def test_every_panel_is_on_the_dashboard() -> None:
    shown = {to["id"] for to in DASHBOARD["references"]}
    assert {one["id"] for one in OBJECTS if one["type"] == "visualization"} <= shown


def test_panels_fill_the_dashboard_and_none_covers_another() -> None:
    covered: set[tuple[int, int]] = set()
    for panel in json.loads(DASHBOARD["attributes"]["panelsJSON"]):
        grid = panel["gridData"]
        assert grid["i"] == panel["panelIndex"]
        cells = {(grid["x"] + x, grid["y"] + y) for x in range(grid["w"]) for y in range(grid["h"])}
        assert not cells & covered
        covered |= cells
    bottom = max(y for _, y in covered) + 1
    assert covered == {(x, y) for x in range(WIDTH) for y in range(bottom)}


@pytest.mark.parametrize("one", of_type("index-pattern"))
def test_a_view_names_fields_of_its_index(one: Mapping[str, Any]) -> None:
    attributes = one["attributes"]
    types = field_types(INDICES[attributes["title"]])
    if "timeFieldName" in attributes:
        assert types[attributes["timeFieldName"]] == "date"
    assert {hidden["value"] for hidden in json.loads(attributes["sourceFilters"])} <= types.keys()
    assert json.loads(attributes["fieldFormatMap"]).keys() <= types.keys()


@pytest.mark.parametrize("one", of_type("visualization"))
def test_a_panel_counts_by_fields_of_whole_values(one: Mapping[str, Any]) -> None:
    types = types_of(one)
    state = json.loads(one["attributes"]["visState"])
    ids = [agg["id"] for agg in state["aggs"]]
    assert len(set(ids)) == len(ids)
    assert next(agg["type"] for agg in state["aggs"] if agg["schema"] == "metric") == "count"
    for agg in state["aggs"]:
        params = agg["params"]
        match agg["type"]:
            case "count":
                assert "field" not in params
            case "date_histogram" | "max":
                assert types[params["field"]] == "date"
            case "terms":
                assert types[params["field"]] == "keyword"
                assert params["orderBy"] in ids
            case "cardinality":
                assert types[params["field"]] == "keyword"
            case "top_hits":
                assert types[params["field"]] in ("keyword", "text")
                assert types[params["sortField"]] == "date"
            case other:
                pytest.fail(f"nothing is known of {other}")


@pytest.mark.parametrize("one", of_type("search"))
def test_a_search_shows_and_sorts_by_fields_that_are_there(one: Mapping[str, Any]) -> None:
    types = types_of(one)
    assert set(one["attributes"]["columns"]) <= types.keys()
    for field, order in one["attributes"]["sort"]:
        assert types[field] in ("date", "long", "keyword")
        assert order == "desc"


def test_the_whole_article_is_not_among_the_columns_that_discover_shows() -> None:
    for view in ("marsad-articles", "marsad-alerts"):
        assert json.loads(VIEWS[view]["sourceFilters"]) == [{"value": "value"}]


@pytest.mark.parametrize("kind", ["index-pattern", "search", "visualization", "dashboard"])
def test_attributes_are_those_that_kibana_knows(kind: str) -> None:
    """Kibana refuses others where it checks them; the names are those of its sources, forms of 8.5 to 8.17."""
    known = {
        "index-pattern": "title name timeFieldName allowNoIndex fields fieldAttrs fieldFormatMap runtimeFieldMap sourceFilters",
        "search": "title description columns sort grid hideChart isTextBasedQuery kibanaSavedObjectMeta timeRestore",
        "visualization": "title description version visState uiStateJSON kibanaSavedObjectMeta",
        "dashboard": "title description version panelsJSON optionsJSON kibanaSavedObjectMeta timeRestore timeFrom timeTo "
        "refreshInterval",
    }
    for one in OBJECTS:
        if one["type"] == kind:
            assert set(one["attributes"]) <= set(known[kind].split())
            envelope = {"type", "id", "attributes", "references", "coreMigrationVersion", "typeMigrationVersion"}
            assert set(one) == envelope


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    raw = copy.deepcopy(RAW)
    change(raw)
    return raw


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda raw: raw["panel"][0].update(view="nothing"), "«articles-over-time»: there is no view «nothing»"),
        (lambda raw: raw["panel"][0]["by"].update(field="outlets"), "there is no field «outlets» in this index"),
        (lambda raw: raw["panel"][0]["by"].update(field="title"), "by «title» nothing can be counted"),
        (lambda raw: raw["panel"][0]["by"].update(field="value"), "by «value» nothing can be counted"),
        (lambda raw: raw["panel"][0]["by"].update(field="events.type"), "there is no field «events.type»"),
        (lambda raw: raw["panel"][0].update(formm="table"), r"panel «articles-over-time»: there is no key «formm»"),
        (lambda raw: raw["panel"][0].update(form="pie"), "form: Invalid enum value 'pie'"),
        (lambda raw: raw["panel"][0]["by"].update(size=0), "panel «articles-over-time»: by: Expected `int` >= 1"),
        (lambda raw: raw["panel"][0].update(columns=raw["panel"][5]["columns"]), "only a table has columns"),
        (lambda raw: raw["panel"][5]["columns"][2].update(field="outlet"), "there is no latest «outlet»"),
        (lambda raw: raw["panel"][6]["by"].update(sorted_by="fetched"), "no column that takes the latest «fetched»"),
        (lambda raw: raw["panel"][8].update(form="over time"), "«feeds-by-state»: the view «feedhealth» has no time"),
        (lambda raw: raw["search"][0].update(columns=["titel"]), "«daesh-actor»: there is no field «titel»"),
        (lambda raw: raw["search"][0].update(newest="text"), "by «text» nothing can be counted or sorted"),
        (lambda raw: raw["search"][0].update(id="sdf-text"), "«sdf-text»: the id is used twice"),
        (lambda raw: raw["search"][0].update(id="Daesh"), "«Daesh»: an id is"),
        (lambda raw: raw["view"][0].update(time="outlet"), "«outlet» is no field of times"),
        (lambda raw: raw["view"][0].update(id="events"), "view «events»: id: Invalid enum value 'events'"),
        (lambda raw: raw["dashboard"]["row"][0].update(show=["gone"]), "no panel and no search «gone»"),
        (lambda raw: raw.pop("dashboard"), "the key «dashboard» is missing"),
    ],
)
def test_what_is_wrong_in_the_source_is_named(change: Callable[[dict[str, Any]], object], message: str) -> None:
    with pytest.raises(OperatorError) as caught:
        board_of(changed(change), PLACE)
    assert message in str(caught.value)
    assert all(line.startswith(f"{PLACE}: ") for line in str(caught.value).splitlines())
