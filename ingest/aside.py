"""Hostile documents are read aside: in a process of its own, one after the other, that is killed when one takes too long.

A page or a feed can be made so that reading it takes a minute, takes all the memory, or ends the process, and much of that
happens inside regular expressions and C, where no thread can be stopped and none other runs. What is asked and answered goes
through the child's standard input and output, each as msgpack after four bytes of length.
"""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import IO, Final, Self, TypeAlias

import msgspec

from ingest.extract import page_text
from ingest.parse import FeedData, parse

LONGEST_FEED_S: Final = 30.0
LONGEST_PAGE_S: Final = 5.0
LONGEST_START_S: Final = 60.0
READY: Final = b"ready"
LONGEST_ERROR: Final = 500
MOST_MEMORY: Final = 2 << 30
"""Bytes of address space that the child may take."""


class FeedTask(msgspec.Struct, frozen=True, kw_only=True, tag="feed"):
    """Read a feed: see `parse`."""

    body: bytes
    content_type: str
    feed_url: str


class PageTask(msgspec.Struct, frozen=True, kw_only=True, tag="page"):
    """Find the text of an article on its page: see `page_text`."""

    body: bytes
    content_type: str
    title: str
    summary: str


Task: TypeAlias = FeedTask | PageTask


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the child says: one of the three."""

    feed: FeedData | None = None
    text: str | None = None
    error: str | None = None


class AsideError(Exception):
    """A document that could not be read in time, or that ended the child."""


class Aside:
    """The child, started when it is first needed and again after it was killed. Use as a context manager, which ends it."""

    def __init__(self, *, feed_s: float = LONGEST_FEED_S, page_s: float = LONGEST_PAGE_S) -> None:
        """Nothing is started yet. The limits are in seconds, for one document each."""
        self._feed_s = feed_s
        self._page_s = page_s
        self._lane = ThreadPoolExecutor(1, thread_name_prefix="aside")
        self._child: subprocess.Popen[bytes] | None = None
        self._closed = False

    async def feed(self, task: FeedTask) -> FeedData:
        """What the feed says; AsideError where it cannot be read."""
        answer = await self._asked(task, self._feed_s)
        assert answer.feed is not None
        return answer.feed

    async def page(self, task: PageTask) -> str:
        """The text of the article; AsideError where the page cannot be read."""
        return (await self._asked(task, self._page_s)).text or ""

    def close(self) -> None:
        """End the child, whatever it is doing."""
        self._closed = True
        if (child := self._child) is not None:
            child.kill()
        self._lane.shutdown(wait=True, cancel_futures=True)
        self._drop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def _asked(self, task: Task, limit_s: float) -> Answer:
        read = await asyncio.get_running_loop().run_in_executor(self._lane, self._exchange, task, limit_s)
        answer = msgspec.msgpack.decode(read, type=Answer)
        if answer.error is not None:
            raise AsideError(answer.error)
        return answer

    def _exchange(self, task: Task, limit_s: float) -> bytes:
        """One question and its answer, in the lane's thread."""
        try:
            child = self._child or self._start()
            write = partial(write_frame, _pipe(child.stdin), msgspec.msgpack.encode(task))
            answer = self._within(limit_s, child, write)
        except OSError as error:
            self._drop()
            raise AsideError(f"the process that reads hostile documents failed: {error}") from error
        if answer is None:
            self._drop()
            raise AsideError(f"it takes over {limit_s:g} s to read, or ends the process that reads it")
        return answer

    def _within(self, limit_s: float, child: subprocess.Popen[bytes], write: Callable[[], None]) -> bytes | None:
        """What the child says to what is written, or None where it is killed because it takes too long."""
        if self._closed:
            child.kill()
        timer = threading.Timer(limit_s, child.kill)
        timer.start()
        try:
            write()
            return read_frame(_pipe(child.stdout))
        finally:
            timer.cancel()

    def _start(self) -> subprocess.Popen[bytes]:
        """A child that has loaded all it needs, so that the limits are for reading alone."""
        child = self._child = subprocess.Popen(
            [sys.executable, "-P", "-m", "ingest.aside"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # a Ctrl-C of the terminal is for the parent, which ends this one
        )
        if self._within(LONGEST_START_S, child, lambda: None) is None:
            raise OSError("it does not start")
        return child

    def _drop(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            for pipe in (child.stdin, child.stdout):
                if pipe is not None:
                    try:
                        pipe.close()
                    except OSError:  # what was not yet written has nowhere to go
                        continue
            child.wait()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None  # all were asked for
    return pipe


def write_frame(to: IO[bytes], content: bytes) -> None:
    """Write one message."""
    to.write(len(content).to_bytes(4))
    to.write(content)
    to.flush()


def read_frame(source: IO[bytes]) -> bytes | None:
    """Read one message; None at the end, or where it ends too early."""
    head = source.read(4)
    if len(head) < 4:  # noqa: PLR2004 - the bytes of the length before each message
        return None
    size = int.from_bytes(head)
    content = source.read(size)
    return content if len(content) == size else None


def _serve() -> None:
    """The child: answer what is asked until standard input ends."""
    import logging  # noqa: PLC0415 - of the child alone
    import resource  # noqa: PLC0415 - of the child alone

    logging.disable(logging.CRITICAL)  # what libraries say of a hostile page is of no use
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    limit = MOST_MEMORY if most == resource.RLIM_INFINITY else min(MOST_MEMORY, most)
    resource.setrlimit(resource.RLIMIT_AS, (limit, most))
    import trafilatura  # noqa: F401, PLC0415 - loaded before the first page counts its seconds

    write_frame(sys.stdout.buffer, READY)
    decoder = msgspec.msgpack.Decoder(Task)
    while (asked := read_frame(sys.stdin.buffer)) is not None:
        write_frame(sys.stdout.buffer, msgspec.msgpack.encode(_answer(decoder.decode(asked))))


def _answer(task: Task) -> Answer:
    try:
        match task:
            case FeedTask():
                return Answer(feed=parse(task.body, content_type=task.content_type, feed_url=task.feed_url))
            case PageTask():
                return Answer(
                    text=page_text(task.body, content_type=task.content_type, title=task.title, summary=task.summary)
                )
    except Exception as error:  # noqa: BLE001 - it is told to the parent; the next document may be read all the same
        return Answer(error=f"unexpected {type(error).__name__}: {error}"[:LONGEST_ERROR])


if __name__ == "__main__":
    try:
        _serve()
    except (BrokenPipeError, KeyboardInterrupt):
        sys.exit(1)
