"""How far a consumer group of Kafka has come. Of marsad only Faust has one; everybody else keeps positions beside their effects."""

import time
from collections.abc import Mapping
from typing import Any

from kafka import KafkaAdminClient
from kafka.errors import RetriableError

from marsad.message import Partition
from marsad.messagelog.kafka_client import ANSWER_S, opened, translated
from marsad.settings import KafkaSettings

PAUSE_S = 0.3


def committed(settings: KafkaSettings, group: str) -> Mapping[Partition, int]:
    """The positions that a group (its whole name, with the prefix) has committed; none where it has committed nothing yet.

    LogAwayError where no broker answers. A cluster that has never been asked for a group first makes the topic that it keeps
    them in, and refuses meanwhile: that is waited out.
    """
    admin = opened(KafkaAdminClient, settings)
    try:
        with translated(settings, f"asking for the positions of {group}"):
            found = _asked(admin, group)
    finally:
        admin.close()
    return {
        Partition(place.topic.removeprefix(settings.prefix), place.partition): at.offset
        for place, at in found.items()
        if at.offset >= 0
    }


def _asked(admin: Any, group: str) -> Mapping[Any, Any]:  # noqa: ANN401 - kafka-python ships no types
    deadline = time.monotonic() + ANSWER_S
    while True:
        try:
            found: Mapping[Any, Any] = admin.list_group_offsets(group)[group]
        except RetriableError:
            if time.monotonic() > deadline:
                raise
            time.sleep(PAUSE_S)
        else:
            return found
