"""`marsad annotate`: what is found in an article, for people and for programs."""

from pathlib import Path

import msgspec

from marsad.annotation import AnnotatedArticle
from marsad.cli.documents import Document, read_documents, read_file, to_article
from marsad.cli.parts import catalogue_of, load
from marsad.cli.show import show_annotated, write_line
from processors.annotate import Annotator


def annotate_file(config: Path | None, file: Path | None, published: str | None, *, as_json: bool) -> None:
    """Annotate one article whose first line is its title."""
    annotate = Annotator(catalogue_of(load(config).config))
    name = "standard input" if file is None else file.name
    annotated = annotate(to_article(Document(id=name, text=read_file(file), published=published), "--published"))
    if as_json:
        write_line(as_document(annotated))
    else:
        show_annotated(annotated)


def annotate_lines(config: Path | None, file: Path | None) -> int:
    """Annotate documents, one a line."""
    annotate = Annotator(catalogue_of(load(config).config))
    for article in read_documents([] if file is None else [file]):
        write_line(as_document(annotate(article)))
    return 0


def as_document(annotated: AnnotatedArticle) -> str:
    """An annotated article as one line of JSON: id, entities, events."""
    found = {"id": annotated.article.id, "entities": annotated.entities, "events": annotated.events}
    return msgspec.json.encode(found).decode()
