"""What is known of an article beside its words, as marks: the live matcher and every store read the same ones.

actor   the id of a known actor that is mentioned
event   the type of an event, and «type/mode» where it has one, however real the event is
place   a name of a place that is mentioned or where an event happened: its name, its English name, and each way it is written
source  each word of the outlet's name
feed    the id of the feed
"""

from collections.abc import Iterable, Mapping

from indexers.query.ast import ActorTerm, Marked
from marsad.annotation import AnnotatedArticle, Entity, Span
from marsad.arabic.tokens import terms


def mark(term: ActorTerm | Marked) -> str:
    """The mark that meets a term."""
    return _mark("actor", term.actor) if isinstance(term, ActorTerm) else _mark(term.field, term.value)


def marks(annotated: AnnotatedArticle) -> Mapping[str, tuple[Span, ...]]:
    """Every mark of an article with the places in its content that show it, in a fixed order; some have no place."""
    return {_mark(field, value): spans for (field, value), spans in marked(annotated).items()}


def marked(annotated: AnnotatedArticle) -> Mapping[tuple[str, str], tuple[Span, ...]]:
    """The same by field and value, as people can read them."""
    found: dict[tuple[str, str], tuple[Span, ...]] = {}

    def add(field: str, value: str, spans: Iterable[Span]) -> None:
        found[field, value] = (*found.get((field, value), ()), *spans)

    scenes = {event.place for event in annotated.events}
    for entity in annotated.entities:
        if entity.actor:
            add("actor", entity.actor, entity.mentions)
        if entity.type == "LOC" or entity.id in scenes:
            for name in _names(annotated, entity):
                add("place", name, entity.mentions)
    for event in annotated.events:
        add("event", event.type, [event.anchor])
        if event.mode:
            add("event", f"{event.type}/{event.mode}", [event.anchor])
    for word in dict.fromkeys(terms(annotated.article.outlet)):
        add("source", word, ())
    if annotated.article.feed_id:
        add("feed", annotated.article.feed_id, ())
    return found


def _names(annotated: AnnotatedArticle, entity: Entity) -> Iterable[str]:
    content = annotated.article.content
    written = (content[span.start : span.end] for span in entity.mentions)
    return dict.fromkeys(
        name for text in (entity.name, entity.english or "", *written) if (name := " ".join(terms(text)))
    )


def _mark(field: str, value: str) -> str:
    """One token that no text has, since a text's tokens are letters or digits; hex keeps every value apart from every other."""
    return f"{field}:{value.encode().hex()}"
