"""What a fetch brought, read: here where it is quick, aside where it is not."""

from hashlib import sha256
from typing import NamedTuple, TypeAlias

from ingest.aside import FeedTask
from ingest.decide import FeedState, Reading, Validators
from ingest.fetch import Failed, Fetched, FetchResult, NotModified
from ingest.parse import FeedData, is_quick, parse
from ingest.urls import feed_address
from marsad.errors import OperatorError

ReadResult: TypeAlias = Reading | NotModified | Failed


class Slow(NamedTuple):
    """A document that has to be read aside."""

    task: FeedTask


def read_here(feed: FeedState, fetched: FetchResult) -> ReadResult | Slow:
    """What came, read; the body that was read the last time counts as not modified."""
    if not isinstance(fetched, Fetched):
        return fetched
    if sha256(fetched.body).hexdigest() == feed.content_digest:
        return NotModified()
    if not is_quick(fetched.body, fetched.content_type):
        return Slow(FeedTask(body=fetched.body, content_type=fetched.content_type, feed_url=fetched.final_url))
    return taken(fetched, parse(fetched.body, content_type=fetched.content_type, feed_url=fetched.final_url))


def taken(fetched: Fetched, data: FeedData) -> Reading | Failed:
    """What a document said; one that says nothing because of a problem failed."""
    if data.problem and not data.entries:
        return Failed(data.problem)
    validators = Validators(fetched.etag, fetched.last_modified, sha256(fetched.body).hexdigest())
    return Reading(data, validators, _address(fetched.moved))


def _address(moved: str) -> str:
    """The address in the form that feeds have; "" where it has none."""
    try:
        return feed_address(moved) if moved else ""
    except OperatorError:
        return ""
