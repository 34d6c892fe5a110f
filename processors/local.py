"""Annotating as a stage of the embedded mode: articles in, annotated articles out, no state of its own."""

from marsad.message import Message, Record
from marsad.statefile import Transaction
from marsad.topics import ANNOTATED, ARTICLES, Topic
from processors.annotate import Annotator
from processors.outcome import STAGE, annotated_record


class AnnotateStage:
    """Annotates every article it reads; equal articles give equal bytes."""

    name = STAGE
    source: Topic = ARTICLES

    def __init__(self, annotator: Annotator) -> None:
        self._annotator = annotator

    def prepare(self, message: Message) -> Record:
        """The annotated article as it is appended; UndecodableError where the message is no article."""
        return annotated_record(self._annotator, message)

    def decide(self, tx: Transaction, item: Record) -> list[tuple[Topic, Record]]:  # noqa: ARG002 - needs no state
        """The annotated article."""
        return [(ANNOTATED, item)]
