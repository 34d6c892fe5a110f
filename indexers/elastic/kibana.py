"""Kibana's saved objects, made of what config/kibana/panels.toml says: data views, saved searches, panels, a dashboard.

One object a line, as Kibana exports and imports them. Ids are made of the prefix and the id in the file, so that an import
replaces what an earlier one made, and two marsads share one Kibana. An object's own JSON is text within the JSON; what it
points to stands in `references`, and the text has the reference's name.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from indexers.elastic.kibana_panels import WIDTH, Board, Dashboard, Panel, Row, Search, View, alias
from indexers.elastic.kibana_visuals import vis_state
from indexers.elastic.mapping import Names

SavedObject = Mapping[str, Any]

CORE_VERSION = "8.8.0"
"""The last change of what all saved objects share; exports of 8.8 and later have it."""
TYPE_VERSIONS = {"index-pattern": "8.0.0", "search": "10.5.0", "visualization": "8.5.0", "dashboard": "8.9.0"}
"""The form that our attributes have, by type. Kibana brings an older form up to its own when it imports, and refuses a newer one:
these are the last forms of Kibana 8 before it changed them for others, so that every Kibana 9 takes them."""

_VIEW_REFERENCE = "kibanaSavedObjectMeta.searchSourceJSON.index"


def saved_objects(board: Board, prefix: str) -> Sequence[SavedObject]:
    """All objects, each after those that it refers to."""
    names = Names(prefix)
    return [
        *(_view(view, names) for view in board.views),
        *(_search(search, prefix) for search in board.searches),
        *(_panel(panel, board.view(panel.view), prefix) for panel in board.panels),
        _dashboard(board, prefix),
    ]


def ndjson(objects: Sequence[SavedObject]) -> str:
    """The objects as Kibana imports them: one a line, the last line ended too."""
    return "".join(f"{_text(one)}\n" for one in objects)


def object_id(prefix: str, name: str) -> str:
    """The id in Kibana of what the file calls `name`."""
    return f"{prefix}-{name}"


def _text(value: object) -> str:
    """JSON with a fixed order and Arabic as it is."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _saved(kind: str, name: str, attributes: Mapping[str, Any], references: Sequence[Mapping[str, str]]) -> SavedObject:
    return {
        "type": kind,
        "id": name,
        "attributes": attributes,
        "references": references,
        "coreMigrationVersion": CORE_VERSION,
        "typeMigrationVersion": TYPE_VERSIONS[kind],
    }


def _view(view: View, names: Names) -> SavedObject:
    attributes = {
        "title": alias(names, view.id),
        "name": view.name if names.prefix == "marsad" else f"{view.name} ({names.prefix})",
        "allowNoIndex": True,  # it may be loaded before anything was indexed
        "fields": "[]",
        "fieldAttrs": "{}",
        "runtimeFieldMap": "{}",
        "fieldFormatMap": _text({field: {"id": "url", "params": {}} for field in view.links}),
        "sourceFilters": _text([{"value": field} for field in view.hidden]),
        **({"timeFieldName": view.time} if view.time else {}),
    }
    return _saved("index-pattern", object_id(names.prefix, view.id), attributes, [])


def _search(search: Search, prefix: str) -> SavedObject:
    attributes = {
        "title": search.title,
        "description": search.about,
        "columns": search.columns,
        "sort": [[search.newest, "desc"]],
        "grid": {},
        "hideChart": False,
        "isTextBasedQuery": False,
        "timeRestore": False,
        "kibanaSavedObjectMeta": {"searchSourceJSON": _source(search.query)},
    }
    return _saved("search", object_id(prefix, search.id), attributes, [_to_view(search.view, prefix)])


def _panel(panel: Panel, view: View, prefix: str) -> SavedObject:
    attributes = {
        "title": panel.title,
        "description": panel.about,
        "version": 1,
        "visState": _text(vis_state(panel, view)),
        "uiStateJSON": "{}",
        "kibanaSavedObjectMeta": {"searchSourceJSON": _source(panel.query)},
    }
    return _saved("visualization", object_id(prefix, panel.id), attributes, [_to_view(view.id, prefix)])


def _source(query: str) -> str:
    """What is searched: a query in KQL, in the view that the reference of that name is to."""
    return _text({"query": {"query": query, "language": "kuery"}, "filter": [], "indexRefName": _VIEW_REFERENCE})


def _to_view(view: str, prefix: str) -> Mapping[str, str]:
    return {"name": _VIEW_REFERENCE, "type": "index-pattern", "id": object_id(prefix, view)}


def _dashboard(board: Board, prefix: str) -> SavedObject:
    dashboard = board.dashboard
    kinds = {panel.id: "visualization" for panel in board.panels} | {search.id: "search" for search in board.searches}
    placed = list(_placed(dashboard.row))
    attributes = {
        "title": dashboard.title if prefix == "marsad" else f"{dashboard.title} ({prefix})",
        "description": dashboard.about,
        "version": 1,
        "panelsJSON": _text([_place(kinds[name], grid) for name, grid in placed]),
        "optionsJSON": _text({"useMargins": True, "syncColors": False, "hidePanelTitles": False}),
        "kibanaSavedObjectMeta": {
            "searchSourceJSON": _text({"query": {"query": "", "language": "kuery"}, "filter": []})
        },
        **_times(dashboard),
    }
    references = [
        {"name": f"{grid['i']}:panel_{grid['i']}", "type": kinds[name], "id": object_id(prefix, name)}
        for name, grid in placed
    ]
    return _saved("dashboard", object_id(prefix, dashboard.id), attributes, references)


def _times(dashboard: Dashboard) -> Mapping[str, Any]:
    return {
        "timeRestore": True,
        "timeFrom": dashboard.since,
        "timeTo": dashboard.until,
        "refreshInterval": {"pause": dashboard.refresh_s == 0, "value": dashboard.refresh_s * 1_000},
    }


def _placed(rows: Sequence[Row]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each panel with where it stands, by number: of a row all are equally wide, the last takes what is left over."""
    top = number = 0
    for row in rows:
        width = WIDTH // len(row.show)
        for position, name in enumerate(row.show):
            left = position * width
            number += 1
            wide = WIDTH - left if position == len(row.show) - 1 else width
            yield name, {"i": str(number), "x": left, "y": top, "w": wide, "h": row.height}
        top += row.height


def _place(kind: str, grid: Mapping[str, Any]) -> Mapping[str, Any]:
    """A panel on the dashboard; which one it is says the reference of that name."""
    return {
        "type": kind,
        "gridData": grid,
        "panelIndex": grid["i"],
        "panelRefName": f"panel_{grid['i']}",
        "embeddableConfig": {"enhancements": {}},
    }
