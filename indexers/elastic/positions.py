"""Where a reader of the log goes on, as a document beside what it has written, so that both are lost and restored together.

A position is written only where nobody has touched it since it was read: where it is gone, or another process has moved it, the
reader is told to look again, and so an index that was removed is filled anew by itself.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import structlog
from elasticsearch import ConflictError, Elasticsearch, NotFoundError

from marsad.errors import RetryableError
from marsad.message import Bounds, Partition

log = structlog.get_logger(__name__)
Seen = tuple[int, int]
"""Sequence number and primary term of a document as it was read."""


class Held(NamedTuple):
    """What is kept for a reader; `seen` is None where there is nothing yet."""

    positions: Mapping[Partition, int]
    arrived: int = 0
    """How many articles have come in, ever."""
    log: str | None = None
    """Which log the positions belong to."""
    seen: Seen | None = None


def read(client: Elasticsearch, index: str, reader: str) -> Held:
    """What is kept; nothing where there is no such document or index."""
    try:
        answer = client.get(index=index, id=reader)
    except NotFoundError:
        return Held({})
    source = answer["_source"]
    positions = {Partition(one["topic"], one["partition"]): one["next"] for one in source["partitions"]}
    return Held(positions, source["arrived"], source.get("log"), (answer["_seq_no"], answer["_primary_term"]))


def follow(
    client: Elasticsearch, index: str, reader: str, log_identity: str, bounds: Mapping[Partition, Bounds]
) -> Held:
    """Keep which log a reader follows; it begins at the start where that is not the one it has read, or has lost its end.

    Returns what is kept then; RetryableError as from `write`.
    """
    held = read(client, index, reader)
    ahead = any(at > bounds[one].next for one, at in held.positions.items() if one in bounds)
    if held.log not in (None, log_identity) or ahead:
        log.warning("the log is not the one that was indexed: indexing it from its start", index=index, reader=reader)
        held = held._replace(positions={})
    return write(client, index, reader, held._replace(log=log_identity))


def write(client: Elasticsearch, index: str, reader: str, held: Held) -> Held:
    """Keep it, and return it as it is then seen; RetryableError where it is not any more what was read."""
    document = {
        "log": held.log,
        "arrived": held.arrived,
        "partitions": [
            {"topic": partition.topic, "partition": partition.number, "next": position}
            for partition, position in held.positions.items()
        ],
    }
    unchanged: dict[str, Any] = {"op_type": "create"}
    if held.seen is not None:
        unchanged = {"if_seq_no": held.seen[0], "if_primary_term": held.seen[1]}
    try:
        answer = client.index(index=index, id=reader, document=document, **unchanged)
    except ConflictError as error:
        raise RetryableError(
            f"the position of «{reader}» in {index} is not what it was: it was removed, or another process indexes too; "
            "going on from what is there now"
        ) from error
    return held._replace(seen=(answer["_seq_no"], answer["_primary_term"]))
