"""Values as documents, and documents as values: what of them can be searched, and the whole of them, encoded, to give back."""

from collections.abc import Iterable, Mapping
from typing import Any

from indexers.elastic.mapping import SAME_SECOND
from indexers.query.marks import marked
from marsad.alert import Alert
from marsad.annotation import AnnotatedArticle, Entity, Event, StoryArticle
from marsad.arabic.tokens import terms
from marsad.codec import decode, encode
from marsad.feed import FeedHealth

Document = dict[str, Any]

MARK_FIELDS = {"actor": "actors", "place": "places", "source": "sources", "feed": "feeds", "event": "event_types"}
"""The field that holds the values of each kind of mark."""


def place_of(article: StoryArticle, arrived: int) -> int:
    """Where an article stands among all: by the second of publication, and of one second by how many had come before it."""
    return article.article.time // 1000 * SAME_SECOND + arrived % SAME_SECOND


def document(stored: StoryArticle, place: int) -> Document:
    """An article as it is indexed."""
    article = stored.article
    entities = {entity.id: entity for entity in stored.annotated.entities}
    return {
        "id": article.id,
        "version": article.version,
        "place": place,
        "value": encode(stored).decode(),
        "title": article.title,
        "text": article.text,
        "published": article.time,
        "first_seen": article.first_seen,
        "fetched": article.version,
        "month": article.month,
        "outlet": article.outlet,
        "feed_id": article.feed_id,
        "url": article.url,
        "guid": article.guid,
        "truncated": article.truncated,
        "catalogue": stored.annotated.catalogue,
        "story": stored.membership.story,
        "relation": stored.membership.relation,
        "names": list(dict.fromkeys(entity.name for entity in stored.annotated.entities)),
        "events": [_event(event, entities) for event in stored.annotated.events],
        "event_keys": list(dict.fromkeys(_event_key(event, entities) for event in stored.annotated.events)),
        **_marked(stored.annotated),
    }


def stored_article(source: Mapping[str, Any]) -> StoryArticle:
    """The article of a document, byte for byte what was indexed; UndecodableError where it cannot be read any more."""
    return decode(source["value"].encode(), StoryArticle)


def alert_document(alert: Alert) -> Document:
    """An alert as it is indexed."""
    taken = [told.delivered for told in alert.notifications if told.delivered is not None]
    return {
        "id": alert.id,
        "value": encode(alert).decode(),
        "rule": alert.rule,
        "name": alert.name,
        "query": alert.query,
        "story": alert.story,
        "article": alert.article,
        "outlet": alert.outlet,
        "url": alert.url,
        "title": alert.title,
        "text": [reason.excerpt for reason in alert.reasons],
        "surfaces": list(dict.fromkeys(reason.surface for reason in alert.reasons)),
        "published": alert.published,
        "fetched": alert.fetched,
        "decided": alert.decided,
        "released": alert.released,
        "delivered": min(taken, default=None),
        "telling": alert.telling,
        "further": alert.further,
        "bundled": alert.bundled_count,
        "carrier": alert.carrier,
        "receivers": [told.receiver for told in alert.notifications],
        "states": list(dict.fromkeys(told.state for told in alert.notifications)),
    }


def health_document(health: FeedHealth) -> Document:
    """The health of a feed as it is indexed."""
    return {
        "feed_id": health.feed_id,
        "feed_url": health.feed_url,
        "title": health.title,
        "state": health.state,
        "since": health.since,
        "failures": health.failures,
        "error": health.error,
    }


def _marked(annotated: AnnotatedArticle) -> Mapping[str, list[str]]:
    """The article's marks as values that people can read, each in the field of its kind."""
    found: dict[str, list[str]] = {field: [] for field in MARK_FIELDS.values()}
    for field, value in marked(annotated):
        found[MARK_FIELDS[field]].append(value)
    return found


def _event(event: Event, entities: Mapping[str, Entity]) -> Document:
    return {
        "type": event.type,
        "mode": event.mode,
        "actors": _called(event.actors, entities),
        "recipients": _called(event.recipients, entities),
        "place": _called([event.place], entities)[0] if event.place else None,
        "date": event.date,
        "reality": event.reality,
        "dead": event.dead,
        "injured": event.injured,
    }


def _event_key(event: Event, entities: Mapping[str, Entity]) -> str:
    """TYPE|mode|place, for panels that cannot count nested events."""
    place = _called([event.place], entities)[0] if event.place else ""
    return f"{event.type}|{event.mode or ''}|{place}"


def _called(named: Iterable[str], entities: Mapping[str, Entity]) -> list[str]:
    """What a document calls entities: the id of a known actor, else the name in normal form; sectors as they are."""
    return [_id(entities[one]) if one in entities else one for one in named]


def _id(entity: Entity) -> str:
    return entity.actor or " ".join(terms(entity.name))
