"""Panels as the state of Kibana's visualizations on aggregations: `histogram`, `horizontal_bar` and `table`.

These have had the same state since Kibana 7.12, and every part of it can be run on Elasticsearch itself; Lens has a state that
only Kibana can check. Ids of aggregations are numbers as text, the count is always «1».
"""

from collections.abc import Mapping
from typing import Any

from indexers.elastic.kibana_panels import By, Column, Panel, View

State = Mapping[str, Any]
COUNT, OVER, SPLIT = "1", "2", "3"
"""Ids of the aggregations that panels have; those of further columns follow."""


def vis_state(panel: Panel, view: View) -> State:
    """The `visState` of a panel, before it becomes text."""
    count = _agg(COUNT, "count", "metric", {"customLabel": panel.count})
    if panel.form == "over time":
        aggs = [count, _over_time(view.time), _terms(panel.by, "group", COUNT)]
        return {"title": panel.title, "type": "histogram", "aggs": aggs, "params": _bars(panel, lying=False)}
    if panel.form == "ranking":
        aggs = [count, _terms(panel.by, "segment", COUNT)]
        return {"title": panel.title, "type": "horizontal_bar", "aggs": aggs, "params": _bars(panel, lying=True)}
    further = [_column(column, str(number), view) for number, column in enumerate(panel.columns, int(SPLIT) + 1)]
    taken = {
        column.field: agg["id"] for column, agg in zip(panel.columns, further, strict=True) if column.take == "latest"
    }
    order = taken[panel.by.sorted_by] if panel.by.sorted_by else COUNT
    aggs = [count, _terms(panel.by, "bucket", order), *further]
    return {"title": panel.title, "type": "table", "aggs": aggs, "params": _TABLE}


def _agg(name: str, kind: str, schema: str, params: State) -> dict[str, Any]:
    return {"id": name, "enabled": True, "type": kind, "schema": schema, "params": params}


def _over_time(field: str) -> State:
    params = {
        "field": field,
        "useNormalizedEsInterval": True,
        "interval": "auto",
        "drop_partials": False,
        "min_doc_count": 1,
        "extended_bounds": {},
    }
    return _agg(OVER, "date_histogram", "segment", params)


def _terms(by: By, schema: str, order: str) -> State:
    params: dict[str, Any] = {
        "field": by.field,
        "orderBy": order,
        "order": "desc",
        "size": by.size,
        "otherBucket": bool(by.other),
        "otherBucketLabel": by.other or "Other",
        "missingBucket": False,
        "missingBucketLabel": "Missing",
        "customLabel": by.label,
    }
    if by.exclude:
        params["exclude"] = by.exclude
    return _agg(SPLIT, "terms", schema, params)


def _column(column: Column, name: str, view: View) -> dict[str, Any]:
    label = {"field": column.field, "customLabel": column.label}
    match column.take:
        case "distinct":
            return _agg(name, "cardinality", "metric", label)
        case "latest":
            return _agg(name, "max", "metric", label)
        case "first":
            taken = {"aggregate": "concat", "size": 1, "sortField": view.time, "sortOrder": "asc"}
            return _agg(name, "top_hits", "metric", {**label, **taken})


_TABLE: State = {
    "perPage": 10,
    "showPartialRows": False,
    "showMetricsAtAllLevels": False,
    "showTotal": False,
    "showToolbar": True,
    "totalFunc": "sum",
    "percentageCol": "",
    "autoFitRowToContent": True,
}


def _bars(panel: Panel, *, lying: bool) -> State:
    """How bars are drawn; those that lie have their names on the left, where Arabic has room."""
    return {
        "type": "histogram",
        "grid": {"categoryLines": False},
        "categoryAxes": [_category_axis(lying=lying)],
        "valueAxes": [_value_axis(panel.count, lying=lying)],
        "seriesParams": [
            {
                "show": True,
                "type": "histogram",
                "mode": "stacked",
                "data": {"label": panel.count, "id": COUNT},
                "valueAxis": _VALUES,
                "drawLinesBetweenPoints": True,
                "lineWidth": 2,
                "showCircles": True,
                "interpolate": "linear",
            }
        ],
        "addTooltip": True,
        "detailedTooltip": True,
        "addLegend": not lying,
        "legendPosition": "right",
        "legendSize": "auto",
        "truncateLegend": True,
        "maxLegendLines": 1,
        "times": [],
        "addTimeMarker": False,
        "labels": {"show": lying},
        "thresholdLine": {"show": False, "value": 10, "width": 1, "style": "full", "color": "#E7664C"},
        "palette": {"type": "palette", "name": "default"},
        "isVislibVis": True,
    }


_VALUES = "ValueAxis-1"


def _category_axis(*, lying: bool) -> State:
    return {
        "id": "CategoryAxis-1",
        "type": "category",
        "position": "left" if lying else "bottom",
        "show": True,
        "style": {},
        "scale": {"type": "linear"},
        "labels": {"show": True, "filter": not lying, "truncate": 100},
        "title": {},
    }


def _value_axis(title: str, *, lying: bool) -> State:
    return {
        "id": _VALUES,
        "name": "BottomAxis-1" if lying else "LeftAxis-1",
        "type": "value",
        "position": "bottom" if lying else "left",
        "show": True,
        "style": {},
        "scale": {"type": "linear", "mode": "normal"},
        "labels": {"show": True, "rotate": 0, "filter": lying, "truncate": 100},
        "title": {"text": title},
    }
