"""What is said of servers that are not what they should be."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from pydantic import SecretStr

from indexers.elastic.client import Connection, reason_of
from marsad.errors import OperatorError, RetryableError
from marsad.settings import ElasticsearchSettings

PRODUCT = {"X-Elastic-Product": "Elasticsearch"}


@contextmanager
def answering(status: int, headers: Mapping[str, str], body: object) -> Iterator[str]:
    """A server that has one answer to everything."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def error(kind: str) -> object:
    return {"error": {"type": kind, "reason": "the reason"}, "status": 0}


@pytest.mark.parametrize(
    ("status", "headers", "body", "expected", "message"),
    [
        (200, {}, {"hits": 1}, OperatorError, "is no Elasticsearch 9"),
        (400, PRODUCT, error("media_type_header_exception"), OperatorError, "older than Elasticsearch 9"),
        (401, PRODUCT, error("security_exception"), OperatorError, "MARSAD_ELASTICSEARCH__PASSWORD"),
        (403, PRODUCT, error("security_exception"), OperatorError, "templates and indices of the prefix"),
        (429, PRODUCT, error("circuit_breaking_exception"), RetryableError, "answers 429: the reason"),
        (503, PRODUCT, error("no_shard_available_action_exception"), RetryableError, "answers 503: the reason"),
        (400, PRODUCT, error("too_many_nested_clauses"), OperatorError, "the query is too long"),
    ],
)
def test_an_answer_is_waited_out_or_put_right(
    status: int, headers: Mapping[str, str], body: object, expected: type[Exception], message: str
) -> None:
    with answering(status, headers, body) as url:
        connection = Connection(ElasticsearchSettings(urls=[url], user="marsad", password=SecretStr("secret")))
        with pytest.raises(expected, match=message) as caught, connection.asked() as client:
            client.info()
        connection.close()
    assert url in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_reason_says_the_field_and_quotes_no_document() -> None:
    item = {
        "error": {
            "type": "document_parsing_exception",
            "reason": "failed to parse field [a]",
            "caused_by": {"type": "input_coercion_exception", "reason": "out of range\n at [Source: (byte[])…"},
        }
    }
    assert reason_of(item) == (
        ["document_parsing_exception", "input_coercion_exception"],
        "failed to parse field [a]; out of range",
    )
    assert reason_of({"error": "in a word"}).text == "in a word"
    assert reason_of({}).text == ""
