"""What the indices are called and what they hold: names with versions, and the templates that make them.

articles   `PREFIX-articles-vN.M-YYYY-MM`, one index a month, read through the alias `PREFIX-articles`
alerts     `PREFIX-alerts-vN.M` and `PREFIX-feedhealth-vN.M`, read through aliases without a version
positions  `PREFIX-positions`

N is MAPPING, M the version of the normal form: whatever changes either makes other indices, so no index is ever a mixture. All
are strict: a field that is not listed here is refused. Every version of the articles has `id`, `version`, `place` and `value`,
since the next one is made of those.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from indexers.elastic.analysis import ASKING, READING, WORDS, analysis
from marsad.arabic.letters import VERSION, rules_of

MAPPING = 1
"""Rises with every change to what an index holds or how it is analyzed: indices of another version are made anew."""
LONGEST_KEYWORD = 8_191
"""UTF-16 units of a keyword that can be searched; Lucene refuses terms over 32,766 bytes, and no query is as long."""
SAME_SECOND = 1 << 30
"""Articles that may come in before two of one second can get the same place."""

_Fields = dict[str, Any]
Template = Mapping[str, Any]
"""An index template as `indices.put_index_template` takes it."""


class Version(NamedTuple):
    """What an index was made by."""

    mapping: int
    normal_form: int

    def newer_than(self, other: "Version") -> bool:
        """Whether only a newer marsad can have made it; another Python's Unicode is no newer marsad."""
        return self.mapping > other.mapping or rules_of(self.normal_form) > rules_of(other.normal_form)

    def __str__(self) -> str:
        return f"v{self.mapping}.{self.normal_form}"


def current() -> Version:
    """What this marsad makes."""
    return Version(MAPPING, VERSION)


class MonthIndex(NamedTuple):
    """One index of articles."""

    name: str
    version: Version
    month: str


class Names(NamedTuple):
    """What everything is called under one prefix."""

    prefix: str

    @property
    def articles(self) -> str:
        """The alias that articles are read through."""
        return f"{self.prefix}-articles"

    @property
    def all_articles(self) -> str:
        """A pattern of all indices of articles, whatever made them."""
        return f"{self.articles}-v*"

    @property
    def alerts(self) -> str:
        """The alias that alerts are read through."""
        return f"{self.prefix}-alerts"

    @property
    def feedhealth(self) -> str:
        """The alias that the health of feeds is read through."""
        return f"{self.prefix}-feedhealth"

    @property
    def positions(self) -> str:
        """The index of the positions."""
        return f"{self.prefix}-positions"

    def month(self, month: str) -> str:
        """The index for the articles of a month, as this marsad makes it."""
        return self.versioned(f"{self.articles}", f"-{month}")

    def versioned(self, alias: str, rest: str = "") -> str:
        """The index behind an alias, as this marsad makes it."""
        return f"{alias}-{current()}{rest}"

    def read(self, index: str) -> MonthIndex | None:
        """What an index's name says; None where it is none of articles."""
        found = re.fullmatch(rf"{re.escape(self.articles)}-v(\d+)\.(\d+)-(\d{{4}}-\d\d)", index)
        return None if found is None else MonthIndex(index, Version(int(found[1]), int(found[2])), found[3])


def templates(names: Names, *, shards: int, replicas: str) -> Mapping[str, Template]:
    """The index templates by name."""
    number = {"auto_expand_replicas": replicas} if "-" in replicas else {"number_of_replicas": int(replicas)}
    words = {"analysis": analysis(), "query.default_field": ["title.reading", "text.reading"]}
    # An interval that is set keeps an index that nobody has searched for a while from not being refreshed at all.
    shared = {**number, "refresh_interval": "1s"}
    articles = {**shared, **words, "number_of_shards": shards, "codec": "best_compression"}
    few = {**shared, "number_of_shards": 1}
    return {
        names.versioned(names.articles): _template(names.month("*"), articles, _articles()),
        names.versioned(names.alerts): _template(names.versioned(names.alerts), {**few, **words}, _alerts()),
        names.versioned(names.feedhealth): _template(names.versioned(names.feedhealth), few, _feedhealth()),
        names.positions: _template(names.positions, few, _positions()),
    }


def _template(pattern: str, settings: _Fields, fields: _Fields) -> Template:
    made = {"by": "marsad", "mapping": MAPPING, "normal_form": VERSION}
    return {
        "index_patterns": [pattern],
        "priority": 500,
        "version": MAPPING,
        "_meta": made,
        "template": {
            "settings": {"index": settings},
            "mappings": {"dynamic": "strict", "_meta": made, "properties": fields},
        },
    }


_KEYWORD: _Fields = {"type": "keyword", "ignore_above": LONGEST_KEYWORD}
_NUMBER: _Fields = {"type": "long"}
_TIME: _Fields = {"type": "date", "format": "epoch_millis"}
_YES_NO: _Fields = {"type": "boolean"}
_KEPT: _Fields = {"type": "keyword", "index": False, "doc_values": False}
"""Only kept: in the source, and found by nothing."""
_WORDS: _Fields = {
    "type": "text",
    "analyzer": WORDS,
    "fields": {"reading": {"type": "text", "analyzer": READING, "search_analyzer": ASKING}},
}


def _articles() -> _Fields:
    day: _Fields = {"type": "date", "format": "yyyy-MM-dd||yyyy-MM||yyyy", "ignore_malformed": True}
    return {
        "id": _KEYWORD,
        "version": _NUMBER,
        "place": _NUMBER,
        "value": _KEPT,
        "title": _WORDS,
        "text": _WORDS,
        "published": _TIME,
        "first_seen": _TIME,
        "fetched": _TIME,
        "month": _KEYWORD,
        "outlet": _KEYWORD,
        "feed_id": _KEYWORD,
        "url": _KEYWORD,
        "guid": _KEYWORD,
        "truncated": _YES_NO,
        "catalogue": _KEYWORD,
        "story": _KEYWORD,
        "relation": _KEYWORD,
        "actors": _KEYWORD,
        "places": _KEYWORD,
        "sources": _KEYWORD,
        "feeds": _KEYWORD,
        "event_types": _KEYWORD,
        "event_keys": _KEYWORD,
        "names": _KEYWORD,
        "events": {
            "type": "nested",
            "properties": {
                "type": _KEYWORD,
                "mode": _KEYWORD,
                "actors": _KEYWORD,
                "recipients": _KEYWORD,
                "place": _KEYWORD,
                "date": day,
                "reality": _KEYWORD,
                "dead": _NUMBER,
                "injured": _NUMBER,
            },
        },
    }


def _alerts() -> _Fields:
    return {
        "id": _KEYWORD,
        "value": _KEPT,
        "rule": _KEYWORD,
        "name": _KEYWORD,
        "query": _KEYWORD,
        "story": _KEYWORD,
        "article": _KEYWORD,
        "outlet": _KEYWORD,
        "url": _KEYWORD,
        "title": _WORDS,
        "text": _WORDS,
        "surfaces": _KEYWORD,
        "published": _TIME,
        "fetched": _TIME,
        "decided": _TIME,
        "released": _TIME,
        "delivered": _TIME,
        "telling": _NUMBER,
        "further": _NUMBER,
        "bundled": _NUMBER,
        "carrier": _KEYWORD,
        "receivers": _KEYWORD,
        "states": _KEYWORD,
    }


def _feedhealth() -> _Fields:
    return {
        "feed_id": _KEYWORD,
        "feed_url": _KEYWORD,
        "title": _KEYWORD,
        "state": _KEYWORD,
        "since": _TIME,
        "failures": _NUMBER,
        "error": {"type": "text"},
    }


def _positions() -> _Fields:
    partition: _Fields = {"topic": _KEYWORD, "partition": _NUMBER, "next": _NUMBER}
    return {
        "log": _KEYWORD,
        "arrived": _NUMBER,
        "partitions": {"type": "object", "properties": partition},
    }
