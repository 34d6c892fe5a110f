"""Indices that another version made are made anew, month by month, the newest first.

What a new index is filled with comes out of the whole articles that the old one keeps. Only when it is full it takes the alias, in
one step with the removal of the old one, so a search sees every article once all the time. A kill in between leaves a new index
without the alias, which the next start fills again; nothing of that can be done twice, since versions decide.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import structlog
from elasticsearch import BadRequestError, Elasticsearch

from indexers.elastic import bulk
from indexers.elastic.client import reason_of
from indexers.elastic.documents import document, stored_article
from indexers.elastic.mapping import MonthIndex, Names, Template, current
from marsad.errors import OperatorError, RetryableError, UndecodableError

PAGE = 200
"""Articles that are read and written at a time."""
log = structlog.get_logger(__name__)


def months(client: Elasticsearch, names: Names) -> list[MonthIndex]:
    """The indices of articles, the newest month first; OperatorError where a newer marsad made one."""
    there = client.indices.get_alias(index=names.all_articles, allow_no_indices=True)
    found = [index for name in there if (index := names.read(name)) is not None]
    for index in found:
        if index.version.newer_than(current()):
            raise OperatorError(f"the index {index.name} was made by a newer marsad; upgrade this one")
    return sorted(found, key=lambda index: index.month, reverse=True)


def renew(client: Elasticsearch, names: Names, template: Template) -> None:
    """Make every index anew that another version made; may be killed at any point and started again."""
    for old in months(client, names):
        if old.version != current():
            new = names.month(old.month)
            log.warning("indexing anew", index=old.name, into=new)
            create(client, new, template)
            _fill(client, old.name, new)
            _check(client, old.name, new)
            client.indices.update_aliases(
                actions=[
                    {"add": {"index": new, "alias": names.articles}},
                    {"remove_index": {"index": old.name}},
                ]
            )


def create(client: Elasticsearch, index: str, template: Template, alias: str | None = None) -> None:
    """Make an index where it is missing, behind an alias where one is named; as the template says, were that removed just now."""
    made = template["template"]
    try:
        client.indices.create(
            index=index,
            settings=made["settings"],
            mappings=made["mappings"],
            aliases={alias: {}} if alias else {},
        )
    except BadRequestError as error:
        if "resource_already_exists_exception" not in reason_of(error.body).kinds:
            raise
        if alias:
            client.indices.put_alias(index=index, name=alias)


def _fill(client: Elasticsearch, old: str, new: str) -> None:
    client.indices.refresh(index=old)
    for page in _pages(client, old):
        refused = bulk.write(client, _writes(page, new))
        for article, reason in refused.items():
            log.error("an article is not taken over", index=old, article=article, reason=reason)


def _pages(client: Elasticsearch, index: str) -> Iterator[list[Mapping[str, Any]]]:
    """All documents of an index, the newest first."""
    after: list[Any] | None = None
    while True:
        answer = client.search(
            index=index,
            size=PAGE,
            sort=[{"place": "desc"}, {"id": "desc"}],
            search_after=after,
            source={"includes": ["version", "place", "value"]},
            allow_partial_search_results=False,
        )
        hits = answer["hits"]["hits"]
        if not hits:
            return
        yield hits
        after = hits[-1]["sort"]


def _writes(page: list[Mapping[str, Any]], index: str) -> Iterator[bulk.Write]:
    for hit in page:
        source = hit["_source"]
        try:
            article = stored_article(source)
        except UndecodableError as error:
            log.error("an article cannot be read any more", article=hit["_id"], reason=str(error))  # noqa: TRY400 - the reason says it all
            continue
        yield bulk.Write(index, hit["_id"], document(article, source["place"]), source["version"])


def _check(client: Elasticsearch, old: str, new: str) -> None:
    """An old index is not removed where none of its articles could be taken over: then the fault is more likely ours."""
    client.indices.refresh(index=new)
    before, after = (int(client.count(index=index)["count"]) for index in (old, new))
    if before and not after:
        raise RetryableError(f"none of the {before} articles of {old} is in {new}; the log says why")
