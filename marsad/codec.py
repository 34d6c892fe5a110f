"""Values to bytes and back, with a schema version that an older reader refuses.

The bytes are JSON, `{"type": …, "schema": …, "value": …}`, with fields in the order of the struct: equal values give equal
bytes. A kind's schema rises by one with every change to its fields; a reader reads its own schema and, by defaults, those before.
"""

from typing import TypeVar

import msgspec

from marsad.alert import Alert
from marsad.annotation import AnnotatedArticle, StoryArticle
from marsad.article import Article
from marsad.errors import NewerSchemaError, UndecodableError
from marsad.feed import FeedHealth
from marsad.message import DeadLetter

V = TypeVar("V", bound=msgspec.Struct)

SCHEMAS: dict[type[msgspec.Struct], tuple[str, int]] = {
    Article: ("article", 1),
    AnnotatedArticle: ("annotated", 1),
    StoryArticle: ("story-article", 1),
    Alert: ("alert", 2),
    FeedHealth: ("feed-health", 1),
    DeadLetter: ("dead-letter", 1),
}
"""Name and schema of every kind of value that travels."""


class _Envelope(msgspec.Struct, frozen=True):
    type: str
    schema: int
    value: msgspec.Raw


_encoder = msgspec.json.Encoder()
_envelopes = msgspec.json.Decoder(_Envelope)
_decoders = {kind: msgspec.json.Decoder(kind) for kind in SCHEMAS}


def encode(value: msgspec.Struct) -> bytes:
    """The bytes of a value; KeyError for a kind that does not travel."""
    name, schema = SCHEMAS[type(value)]
    return _encoder.encode(_Envelope(type=name, schema=schema, value=msgspec.Raw(_encoder.encode(value))))


def decode(data: bytes, kind: type[V]) -> V:
    """The value of that kind; UndecodableError for anything else, NewerSchemaError for one from a newer marsad."""
    name, schema = SCHEMAS[kind]
    try:
        envelope = _envelopes.decode(data)
        if envelope.type != name:
            raise UndecodableError(f"expected a value of type «{name}», found «{envelope.type}»")
        if envelope.schema > schema:
            raise NewerSchemaError(
                f"a value of type «{name}» has schema {envelope.schema}, and this marsad reads up to {schema}: "
                "it was written by a newer marsad; upgrade this process"
            )
        value = _decoders[kind].decode(envelope.value)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise UndecodableError(f"not a value of type «{name}»: {error}") from error
    assert isinstance(value, kind)
    return value
