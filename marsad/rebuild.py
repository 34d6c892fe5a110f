"""Reading a topic back into a state file whose predecessor was lost: in batches, and going on where a kill cut it off."""

import threading
from collections.abc import Callable, Mapping

import structlog

from marsad.errors import ItemError
from marsad.message import Message, Partition, after
from marsad.messagelog import MessageLog
from marsad.stage import BATCH, PATIENCE_S
from marsad.statefile import StateFile, Transaction

log = structlog.get_logger(__name__)


def read_back(
    source: MessageLog,
    file: StateFile,
    consumer: str,
    since: Mapping[Partition, int],
    *,
    stopping: threading.Event,
    take_over: Callable[[Transaction, Message], None],
) -> bool:
    """Take over all that a topic holds now from these places on; False where asked to stop before. An ItemError passes one over.

    `consumer` is the name under which the file remembers how far it is; the caller decides what follows from being done.
    """
    topic = next(iter(since)).topic
    ends = {partition: bounds.next for partition, bounds in source.bounds(topic).items()}
    positions = dict(since) | file.positions(consumer)
    log.warning("nothing is remembered here: rebuilding", topic=topic, path=str(file.path))
    taken = 0
    while any(positions.get(partition, 0) < end for partition, end in ends.items()):
        if stopping.is_set():
            return False
        messages = source.read(positions, BATCH, PATIENCE_S)
        with file.transaction() as tx:
            for message in messages:
                try:
                    with tx.attempt():
                        take_over(tx, message)
                except ItemError as error:
                    log.warning("cannot be taken over", topic=topic, offset=message.offset, reason=str(error))
                else:
                    taken += 1
            tx.advance(consumer, after(messages))
        positions |= after(messages)
    log.info("rebuilt", topic=topic, taken_over=taken, path=str(file.path))
    return True
