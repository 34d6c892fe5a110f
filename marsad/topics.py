"""The whole flow on one screen.

ingest ──▶ ARTICLES ──annotate──▶ ANNOTATED ──group──▶ STORIES ──┬─index──▶ search store
                                                                 └─notify─▶ ALERTS ──▶ outbox ──▶ receivers
ingest ──▶ FEEDHEALTH          every stage, for what it cannot process ──▶ DEADLETTER
"""

from typing import NamedTuple

import msgspec

from marsad.alert import Alert
from marsad.annotation import AnnotatedArticle, StoryArticle
from marsad.article import Article
from marsad.feed import FeedHealth
from marsad.message import DeadLetter


class Topic(NamedTuple):
    """A topic with what it carries. `partitions` and `compacted` are for Kafka: the SQLite log has one, and compacts nothing."""

    name: str
    payload: type[msgspec.Struct]
    key: str
    partitions: int = 1
    compacted: bool = False


ARTICLES = Topic("marsad.articles", Article, "article id", partitions=4)
ANNOTATED = Topic("marsad.annotated", AnnotatedArticle, "article id")
STORIES = Topic("marsad.stories", StoryArticle, "article id")
ALERTS = Topic("marsad.alerts", Alert, "alert id, made of rule and story", compacted=True)
FEEDHEALTH = Topic("marsad.feedhealth", FeedHealth, "feed id", compacted=True)
DEADLETTER = Topic("marsad.deadletter", DeadLetter, "key of the source message")

ALL = (ARTICLES, ANNOTATED, STORIES, ALERTS, FEEDHEALTH, DEADLETTER)
