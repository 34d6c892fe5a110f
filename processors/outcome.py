"""What becomes of an article that is to be annotated, without any server: a record for the next topic, or a dead letter."""

from typing import NamedTuple

from marsad.article import Article
from marsad.codec import decode, encode
from marsad.message import Message, Record
from marsad.stage import Attempts, Poison, letter
from marsad.statefile import check_size
from marsad.topics import ANNOTATED, Topic
from processors.annotate import Annotator

STAGE = "annotate"
"""The name of the stage in logs, metrics, positions and dead letters, whatever runs it."""


class Outcome(NamedTuple):
    """What is to be published for one message."""

    topic: Topic
    record: Record
    dead: bool


def annotated_record(annotator: Annotator, message: Message) -> Record:
    """The annotated article as it is appended; UndecodableError where the message is no article."""
    annotated = annotator(decode(message.value, Article))
    return Record(annotated.article.id.encode(), encode(annotated))


class Outcomes:
    """Decides for one message after the other; the only state is how many in a row were given up."""

    def __init__(self, annotator: Annotator, largest_message: int) -> None:
        self._annotator = annotator
        self._largest_message = largest_message
        self._attempts = Attempts(STAGE, self._prepare)

    def of(self, message: Message) -> Outcome:
        """What to publish: always one record. Raises what concerns more than this message, PoisonLimitError among it."""
        ((_, found),) = self._attempts.each([message])
        if isinstance(found, Poison):
            self._attempts.gave_up(found)
            return Outcome(*letter(STAGE, found), dead=True)
        self._attempts.succeeded()
        return Outcome(ANNOTATED, found, dead=False)

    def _prepare(self, message: Message) -> Record:
        record = annotated_record(self._annotator, message)
        check_size(ANNOTATED.name, record, self._largest_message)
        return record
