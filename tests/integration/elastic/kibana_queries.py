"""What Kibana asks Elasticsearch for a saved object: its aggregations and its query, as Kibana's sources translate them.

Left out is what depends on Kibana alone: how wide the bars of «auto» are, here three hours, and the second request that adds up
«other» values. Of KQL it knows what the saved objects have: `field : "value"`, joined by `or`.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

Saved = Mapping[str, Any]
_CLAUSE = re.compile(r'([a-z_.]+) : "([^"]+)"')


def query(kql: str) -> dict[str, Any]:
    """A query in KQL as Elasticsearch's: a value in quotes is a phrase, and one of several clauses is enough."""
    if not kql:
        return {"match_all": {}}
    clauses = [_CLAUSE.fullmatch(clause) for clause in kql.split(" or ")]
    should = [{"match_phrase": {found[1]: found[2]}} for found in clauses if found is not None]
    assert len(should) == len(clauses), f"this translator does not know {kql}"
    return {"bool": {"should": should, "minimum_should_match": 1}}


def source(saved: Saved) -> dict[str, Any]:
    """The query of a panel or a search."""
    found = json.loads(saved["attributes"]["kibanaSavedObjectMeta"]["searchSourceJSON"])
    assert found["query"]["language"] == "kuery"
    assert found["filter"] == []
    return query(found["query"]["query"])


def within(field: str | None, since: str, until: str) -> list[dict[str, Any]]:
    """The filter that the choice of time becomes; none where the view has no time."""
    if field is None:
        return []
    return [{"range": {field: {"format": "strict_date_optional_time", "gte": since, "lte": until}}}]


def aggregations(vis_state: Mapping[str, Any]) -> dict[str, Any]:
    """The aggregations of a `visState`: buckets within one another in their order, metrics in the innermost."""
    aggs = [agg for agg in vis_state["aggs"] if agg["enabled"]]
    metrics = [agg for agg in aggs if agg["schema"] == "metric"]
    made = {agg["id"]: _metric(agg) for agg in metrics if agg["type"] != "count"}
    for agg in reversed([agg for agg in aggs if agg["schema"] != "metric"]):
        made = {agg["id"]: {**_bucket(agg, metrics), **({"aggs": made} if made else {})}}
    return made


def _metric(agg: Saved) -> dict[str, Any]:
    params = agg["params"]
    if agg["type"] == "top_hits":
        sort = [{params["sortField"]: {"order": params["sortOrder"]}}]
        return {
            "top_hits": {"fields": [{"field": params["field"]}], "_source": False, "size": params["size"], "sort": sort}
        }
    assert agg["type"] in ("max", "cardinality")
    return {agg["type"]: {"field": params["field"]}}


def _bucket(agg: Saved, metrics: Sequence[Saved]) -> dict[str, Any]:
    params = agg["params"]
    if agg["type"] == "date_histogram":
        assert params["interval"] == "auto"
        wanted = {key: params[key] for key in ("field", "min_doc_count")}
        return {"date_histogram": {**wanted, "fixed_interval": "3h", "time_zone": "Asia/Damascus"}}
    assert agg["type"] == "terms"
    kinds = {metric["id"]: metric["type"] for metric in metrics}
    order = "_count" if kinds[params["orderBy"]] == "count" else params["orderBy"]
    wanted = {key: params[key] for key in ("field", "size", "exclude") if key in params}
    return {"terms": {**wanted, "order": {order: params["order"]}, "shard_size": max(25, params["size"])}}


def discovered(saved: Saved, fields: Sequence[str]) -> dict[str, Any]:
    """What Discover asks for the documents of a search, beside its query."""
    sort = [{field: {"order": order, "unmapped_type": "boolean"}} for field, order in saved["attributes"]["sort"]]
    return {"sort": sort, "fields": [{"field": field} for field in fields], "source": False, "size": 500}
