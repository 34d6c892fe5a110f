"""One version of a published text, and the rules that give it its id, its month and its size.

Times are milliseconds since 1970 UTC, except what a publisher wrote, which keeps the publisher's offset.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec

TEXT_LIMIT = 256 * 1024
"""Most bytes of UTF-8 that an article's text keeps; the rest is cut and the article marked `truncated`."""

OLDEST = timedelta(days=3653)
NEWEST = timedelta(days=1)
"""A date of publication further than these before or after the fetch is taken for a mistake of the feed."""

AwareDatetime = Annotated[datetime, msgspec.Meta(tz=True)]


class Article(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One version of an article. Spans of every later stage count in `content`, in Unicode code points."""

    id: str
    """32 hex digits from `article_id`; the same for every version."""
    version: int
    """Fetch time in ms, rising from version to version."""
    first_seen: int
    """Fetch time in ms of the first version."""
    feed_id: str
    feed_url: str
    outlet: str
    """Who publishes it, as the feed calls itself or the operator calls the feed."""
    guid: str
    url: str
    title: str
    """One line; may be empty."""
    text: str
    published: AwareDatetime | None
    """As the feed says, in the publisher's offset; None where it says nothing readable."""
    updated: AwareDatetime | None
    month: str
    """«YYYY-MM»: `month_of` the first version."""
    initial: bool = False
    """It came with the first successful poll of its feed."""
    truncated: bool = False

    @property
    def content(self) -> str:
        """Title, line end, text: what spans point into."""
        return f"{self.title}\n{self.text}"

    @property
    def time(self) -> int:
        """When it was published, in ms: the feed's date where it is plausible, else when it was first seen."""
        return plausible_time(self.published, self.first_seen)


def digest(*parts: str) -> str:
    """32 hex digits: the first 128 bits of SHA-256 over the parts, each ended by a NUL."""
    return hashlib.sha256("".join(f"{part}\0" for part in parts).encode()).hexdigest()[:32]


def article_id(*, feed_id: str, guid: str, url: str) -> str:
    """The id of an article: from its guid where that is an http URL, else feed id and guid, else its canonical URL."""
    if guid.startswith(("http://", "https://")):
        return digest(guid)
    if guid:
        return digest(feed_id, guid)
    return digest(url)


def plausible_time(published: datetime | None, fetched: int) -> int:
    """`published` in ms where it lies between ten years before and a day after the fetch, else `fetched`."""
    if published is None:
        return fetched
    age = datetime.fromtimestamp(fetched / 1000, UTC) - published
    return fetched if age > OLDEST or age < -NEWEST else int(published.timestamp() * 1000)


def month_of(published: datetime | None, fetched: int) -> str:
    """The UTC month «YYYY-MM» that an article is kept under."""
    return datetime.fromtimestamp(plausible_time(published, fetched) / 1000, UTC).strftime("%Y-%m")


def capped(text: str) -> tuple[str, bool]:
    """The text cut to TEXT_LIMIT bytes between two characters, and whether anything was cut."""
    encoded = text.encode()
    if len(encoded) <= TEXT_LIMIT:
        return text, False
    return encoded[:TEXT_LIMIT].decode(errors="ignore"), True
