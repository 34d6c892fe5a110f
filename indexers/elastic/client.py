"""A connection to Elasticsearch that says what went wrong in our terms: wait, or have a person put it right.

Messages name the address and never a secret. The client itself repeats nothing but on another node: how long to wait is decided
by whoever runs the stage.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from elastic_transport import TlsError
from elasticsearch import (
    ApiError,
    ConnectionTimeout,
    Elasticsearch,
    SerializationError,
    TransportError,
    UnsupportedProductError,
)

from marsad.errors import OperatorError, RetryableError
from marsad.settings import ElasticsearchSettings

PASSING = frozenset((404, 408, 409, 429, 500, 502, 503, 504))
"""Answers that may be others later; 404 and 409 are those of an index that another process removes or makes meanwhile."""
REFUSED = frozenset((401, 403))
TOO_MUCH = frozenset(("too_many_clauses", "too_many_nested_clauses"))
LONGEST_REASON = 300


class Connection:
    """The client, and the addresses as they are shown."""

    def __init__(self, settings: ElasticsearchSettings) -> None:
        if any("@" in urlsplit(url).netloc for url in settings.urls):
            raise OperatorError(
                "elasticsearch.urls: a name and a password do not belong into an address, which is shown in the log: set "
                "elasticsearch.user and the environment variable MARSAD_ELASTICSEARCH__PASSWORD"
            )
        self.address = ", ".join(settings.urls)
        # What the client says of its nodes is in our errors too; without a handler Python writes it between the lines of our log.
        logging.getLogger("elastic_transport").addHandler(logging.NullHandler())
        try:
            self.client = Elasticsearch(list(settings.urls), **_options(settings))
        except (ValueError, OSError) as error:
            raise OperatorError(f"elasticsearch: {error}; mend urls or ca_file of the section elasticsearch") from error

    @contextmanager
    def asked(self) -> Iterator[Elasticsearch]:
        """The client, for a few calls; RetryableError where they may work later, OperatorError where they will not."""
        try:
            yield self.client
        except ConnectionTimeout as error:
            raise RetryableError(f"Elasticsearch at {self.address} does not answer in time") from error
        except (UnsupportedProductError, SerializationError) as error:
            raise OperatorError(f"what answers at {self.address} is no Elasticsearch 9: {error.message}") from error
        except TlsError as error:
            raise OperatorError(
                f"Elasticsearch at {self.address} cannot be trusted: {error.message}; set elasticsearch.ca_file"
            ) from error
        except TransportError as error:
            raise RetryableError(f"Elasticsearch at {self.address} cannot be reached: {_first(error)}") from error
        except ApiError as error:
            raise self._answered(error) from error

    def _answered(self, error: ApiError) -> Exception:
        reason = reason_of(error.body)
        said = f"Elasticsearch at {self.address} answers {error.status_code}: {reason.text or error.message}"
        if error.status_code in PASSING:
            return RetryableError(said)
        if error.status_code in REFUSED:
            return OperatorError(
                f"{said}; set elasticsearch.user with MARSAD_ELASTICSEARCH__PASSWORD, or MARSAD_ELASTICSEARCH__API_KEY, of "
                "somebody who may manage templates and indices of the prefix"
            )
        if TOO_MUCH.intersection(reason.kinds):
            return OperatorError(f"{said}; the query is too long for it: shorten it, or give Elasticsearch more memory")
        if "media_type_header_exception" in reason.kinds:
            return OperatorError(f"{said}; it is older than Elasticsearch 9")
        return error

    def close(self) -> None:
        """Close what is open."""
        self.client.close()


def _options(settings: ElasticsearchSettings) -> dict[str, Any]:
    """What the client is told beside the addresses."""
    password, key = settings.password.get_secret_value(), settings.api_key.get_secret_value()
    if key and (settings.user or password):
        raise OperatorError("elasticsearch: set a user with a password, or an API key, and not both")
    if bool(settings.user) != bool(password):
        raise OperatorError("elasticsearch: user and password go together: set both, or neither")
    options: dict[str, Any] = {
        "request_timeout": settings.timeout_s,
        "retry_on_timeout": False,
        "max_retries": len(settings.urls) - 1,
    }
    if key:
        options["api_key"] = key
    if settings.user:
        options["basic_auth"] = (settings.user, password)
    if settings.ca_file:
        if not Path(settings.ca_file).is_file():
            raise OperatorError(f"elasticsearch.ca_file: there is no file {settings.ca_file}")
        options["ca_certs"] = settings.ca_file
    return options


class Reason(NamedTuple):
    """Why Elasticsearch did not do something: the types of its errors, the outermost first, and a line for people."""

    kinds: Sequence[str]
    text: str


def reason_of(body: object) -> Reason:
    """The reason in an answer or in an item of one; without the document, which Elasticsearch would quote."""
    kinds: list[str] = []
    said: list[str] = []
    while isinstance(body, Mapping):
        if isinstance(body.get("type"), str):
            kinds.append(body["type"])
            said.append(str(body.get("reason", "")).partition("\n")[0][:LONGEST_REASON])
        shard = (body.get("failed_shards") or [{}])[0].get("reason")
        body = body.get("error") or body.get("caused_by") or shard or (body.get("root_cause") or [None])[0]
    if isinstance(body, str):
        said.append(body)
    return Reason(kinds, "; ".join(dict.fromkeys(filter(None, said))))


def _first(error: TransportError) -> str:
    """What went wrong, on one line."""
    return error.message.splitlines()[0] if error.message else type(error).__name__
