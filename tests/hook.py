"""A real webhook receiver on loopback, which checks signatures and answers as it is told."""

import contextlib
import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self

SECRET = "السر of the hook"
RECEIVER = """
[receivers.hook]
type = "webhook"
url = "{url}"
secret_env = "HOOK_SECRET"
allow_local = true
"""


class Post(NamedTuple):
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def key(self) -> str:
        return self.headers["idempotency-key"]

    @property
    def alert(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def signed(self) -> bool:
        """Whether the signature is right, worked out anew from the words of the documentation."""
        content = self.headers["x-marsad-timestamp"].encode() + b"." + self.body
        expected = hmac.new(SECRET.encode(), content, hashlib.sha256).hexdigest()
        return self.headers.get("x-marsad-signature") == f"sha256={expected}"


Answer = int | tuple[int, dict[str, str]] | str
"""A status, with headers, or what goes wrong: «hang», «drip», «close»."""


class Hook:
    """Answers with what `answer` says to each post; the posts are kept."""

    def __init__(self, answer: Callable[[Post], Answer] = lambda _: 200) -> None:
        self.answer = answer
        self.posts: list[Post] = []
        self._ending = threading.Event()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                post = Post(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
                hook.posts.append(post)
                with contextlib.suppress(OSError):
                    hook.reply(self, hook.answer(post))

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign] # a sender may be killed
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}/alerts?to=me"

    def reply(self, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
        match answer:
            case "hang":
                self._ending.wait(60)
            case "drip":
                for byte in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 600:
                    handler.wfile.write(bytes([byte]))
                    if self._ending.wait(0.1):
                        break
            case "close":
                handler.connection.shutdown(socket.SHUT_RDWR)
            case int():
                self.reply(handler, (answer, {}))
            case (status, headers):
                handler.send_response(status)
                for name, value in headers.items():
                    handler.send_header(name, value)
                handler.send_header("Content-Length", "0")
                handler.end_headers()

    def wait_for(self, count: int, seconds: float = 20) -> list[Post]:
        """The posts, once there are so many."""
        deadline = time.monotonic() + seconds
        while len(self.posts) < count:
            assert time.monotonic() < deadline, f"{len(self.posts)} posts came, {count} were expected"
            time.sleep(0.01)
        return self.posts

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._server.shutdown()
        self._server.server_close()
