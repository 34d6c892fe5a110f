"""A server that answers as Kibana's documentation says: its status, and imports of saved objects, which it looks through."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self

AVAILABLE = {"status": {"overall": {"level": "available", "summary": "All services and plugins are available"}}}
KNOWN_TYPES = {"index-pattern", "search", "visualization", "dashboard"}


class Reply(NamedTuple):
    status: int
    body: object = ""
    headers: Mapping[str, str] = {}


class Import(NamedTuple):
    """A request to import, as it came."""

    path: str
    filename: str
    objects: Sequence[Mapping[str, Any]]


class FakeKibana:
    """Answers `statuses` one after the other, then that it is available; imports are kept and judged as Kibana does.

    `authorization` is the header it asks for; `answer` takes the place of its judgement.
    """

    def __init__(
        self,
        statuses: Sequence[Reply] = (),
        *,
        authorization: str | None = None,
        answer: Callable[[Import], Reply] | None = None,
        address: tuple[str, int] = ("127.0.0.1", 0),
    ) -> None:
        self.imports: list[Import] = []
        self.asked: list[tuple[str, str | None]] = []
        self._statuses = list(statuses)
        self._authorization = authorization
        self._answer = answer
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._reply(fake._status(self))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self._reply(fake._import(self, body))

            def _reply(self, reply: Reply) -> None:
                text = reply.body if isinstance(reply.body, str) else json.dumps(reply.body)
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(address, Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def _status(self, request: BaseHTTPRequestHandler) -> Reply:
        self.asked.append((request.path, request.headers.get("Authorization")))
        if self._statuses:
            return self._statuses.pop(0)
        if "Authorization" not in request.headers:
            return Reply(200, AVAILABLE)  # so much anybody is told
        return self._unauthorized(request) or Reply(200, AVAILABLE)

    def _import(self, request: BaseHTTPRequestHandler, body: bytes) -> Reply:
        if (refused := self._unauthorized(request)) is not None:
            return refused
        if "kbn-xsrf" not in request.headers:
            return Reply(
                400, {"statusCode": 400, "error": "Bad Request", "message": "Request must contain a kbn-xsrf header."}
            )
        head = f"Content-Type: {request.headers['Content-Type']}\r\n\r\n".encode()
        (part,) = message_from_bytes(head + body, policy=policy.HTTP).iter_parts()
        assert part.get_param("name", header="content-disposition") == "file"
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        objects = [json.loads(line) for line in content.decode().splitlines()]
        came = Import(request.path, part.get_filename() or "", objects)
        self.imports.append(came)
        return (self._answer or judged)(came)

    def _unauthorized(self, request: BaseHTTPRequestHandler) -> Reply | None:
        if self._authorization is None or request.headers.get("Authorization") == self._authorization:
            return None
        message = "security_exception: unable to authenticate user"
        return Reply(401, {"statusCode": 401, "error": "Unauthorized", "message": message})

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def judged(came: Import) -> Reply:
    """What Kibana makes of a file: a wrong name of it, unknown types, double ids and references to nothing are errors."""
    if not came.filename.endswith(".ndjson"):
        message = f"Invalid file extension {came.filename}"
        return Reply(400, {"statusCode": 400, "error": "Bad Request", "message": message})
    entries = [(one["type"], one["id"]) for one in came.objects]
    if len(set(entries)) < len(entries):
        message = "Non-unique import objects detected"
        return Reply(400, {"statusCode": 400, "error": "Bad Request", "message": message})
    errors = []
    for one in came.objects:
        missing = [to for to in one["references"] if (to["type"], to["id"]) not in entries]
        if one["type"] not in KNOWN_TYPES:
            errors.append({"id": one["id"], "type": one["type"], "error": {"type": "unsupported_type"}})
        elif missing:
            error = {"type": "missing_references", "references": missing}
            errors.append({"id": one["id"], "type": one["type"], "error": error})
    told = {"successCount": len(entries) - len(errors), "success": not errors, "warnings": []}
    return Reply(200, {**told, "errors": errors} if errors else told)
