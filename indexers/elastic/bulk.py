"""Bulk writes: every document is sent until Elasticsearch has it, has a newer one, or refuses it for good."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec
from elasticsearch import Elasticsearch
from elasticsearch.helpers import streaming_bulk

from indexers.elastic.client import reason_of
from indexers.elastic.documents import Document
from marsad.errors import RetryableError

CHUNK = 500
CHUNK_BYTES = 8_000_000
"""What one request has at most; a larger document goes alone. Elasticsearch takes 100 MB."""
RETRIES = 4
FIRST_WAIT_S, LONGEST_WAIT_S = 0.2, 2.0
"""Tries and waits for a server that has too much to do, before the stage's own back-off: 3 s in all."""
BUSY = (429, 503)
STALE = 409
REFUSED = 400


class Write(NamedTuple):
    """A document to be held under an id, unless a newer version is; without a version it replaces what is there."""

    into: str
    id: str
    source: Document
    version: int | None = None


def write(client: Elasticsearch, writes: Iterable[Write]) -> Mapping[str, str]:
    """Write documents, of which no two have one id; the reason by id for those that Elasticsearch refuses for good.

    RetryableError where something else keeps one of them out; the others may be in, so all are sent again.
    """
    refused: dict[str, str] = {}
    failed: list[str] = []
    for _, result in streaming_bulk(
        client,
        _actions(writes),
        chunk_size=CHUNK,
        max_chunk_bytes=CHUNK_BYTES,
        raise_on_error=False,
        max_retries=RETRIES,
        initial_backoff=FIRST_WAIT_S,
        max_backoff=LONGEST_WAIT_S,
        retry_on_status=BUSY,
        yield_ok=False,
    ):
        item = result["index"]
        if item["status"] == REFUSED:
            refused[item["_id"]] = f"Elasticsearch refuses it: {reason_of(item).text}"
        elif item["status"] != STALE:
            failed.append(f"{item['status']} {reason_of(item).text}")
    if failed:
        raise RetryableError(f"Elasticsearch did not take {len(failed)} documents, the first for {failed[0]}")
    return refused


def _actions(writes: Iterable[Write]) -> Iterator[dict[str, Any]]:
    for one in writes:
        # Bytes pass the client as they are; its own way to JSON takes some six times as long.
        action: dict[str, Any] = {"_index": one.into, "_id": one.id, "_source": msgspec.json.encode(one.source)}
        if one.version is not None:
            action |= {"_version": one.version, "_version_type": "external_gte"}
        yield action
