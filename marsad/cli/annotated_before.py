"""What to say of articles that were annotated by another catalogue than today's: an actor added since is not found in them."""

from contextlib import closing

from indexers.query.ast import ActorTerm, Query, all_terms
from indexers.sqlitestore import SqliteStore
from marsad.annotation import AnnotatedArticle
from marsad.catalogue import Catalogue
from marsad.cli.parts import STATE_FILE, open_state
from marsad.clock import iso
from marsad.codec import decode
from marsad.errors import MarsadError
from marsad.messagelog.sqlite import SqliteLog
from marsad.settings import Settings
from marsad.statefile import StateFile
from marsad.topics import ANNOTATED, ARTICLES


def advice_on(query: Query, store: SqliteStore, catalogue: Catalogue, settings: Settings) -> str | None:
    """How the articles that a search for actors may have missed are annotated anew; None where none are, or none can be."""
    if not any(isinstance(term, ActorTerm) for term in all_terms(query)):
        return None
    if store.annotated_otherwise(catalogue.version) is None or not (settings.data / STATE_FILE).is_file():
        return None
    try:
        with closing(open_state(settings, writable=False)) as file:
            kept = replayable_since(file)
    except MarsadError:  # a search needs nothing of this file, and does not fail for the sake of advice
        return None
    found = None if kept is None else store.annotated_otherwise(catalogue.version, kept)
    if found is None:
        return None
    day = iso(found.since)[:10]
    return (
        f"{found.articles} stored articles were annotated by another version of the catalogue: actors and names that were added "
        f"since are not found in them. Start «marsad run» anew if it has run since before the change; then «marsad replay "
        f"articles --since {day}» annotates them anew"
    )


def replayable_since(file: StateFile) -> int | None:
    """The time in ms from which on the log has every article: 0 where it never forgot any; None where it has none."""
    log = SqliteLog(file)
    ((partition, bounds),) = log.bounds(ARTICLES.name).items()
    if bounds.start == 0:
        return 0 if bounds.next else None
    first = log.read({partition: bounds.start}, 1, 0)
    return first[0].time if first else None


def last_catalogue(log: SqliteLog) -> str | None:
    """The version of the catalogue by which the last article was annotated; None where none is in the log."""
    ((partition, bounds),) = log.bounds(ANNOTATED.name).items()
    last = log.read({partition: bounds.next - 1}, 1, 0) if bounds.next > bounds.start else []
    return decode(last[0].value, AnnotatedArticle).catalogue if last else None
