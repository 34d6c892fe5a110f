"""How far a consumer group of Kafka has come. Of marsad only Faust has one; everybody else keeps positions beside their effects."""

from collections.abc import Mapping

from kafka import KafkaAdminClient

from marsad.message import Partition
from marsad.messagelog.kafka_client import opened, translated
from marsad.settings import KafkaSettings


def committed(settings: KafkaSettings, group: str) -> Mapping[Partition, int]:
    """The positions that a group (its whole name, with the prefix) has committed; none where it has committed nothing yet.

    LogAwayError where no broker answers.
    """
    admin = opened(KafkaAdminClient, settings)
    try:
        with translated(settings, f"asking for the positions of {group}"):
            found = admin.list_group_offsets(group)[group]
    finally:
        admin.close()
    return {
        Partition(place.topic.removeprefix(settings.prefix), place.partition): at.offset
        for place, at in found.items()
        if at.offset >= 0
    }
