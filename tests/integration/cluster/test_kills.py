"""The services of the cluster are killed one after the other under load, on real servers: nothing is lost, nothing done twice.

MARSAD_CLUSTER_KILLS says how often (6 by default).
"""

import os
import random
import time
from pathlib import Path

import pytest

from marsad.article import Article
from marsad.topics import ARTICLES
from tests.integration.cluster.services import Cluster, wait_for
from tests.load import Load
from tests.marsad_process import Outlets

KILLS = int(os.environ.get("MARSAD_CLUSTER_KILLS", "6"))
SERVICES = ("ingest", "process", "process-2", "group", "index", "notify-2")
VICTIMS = ("notify", "process", "group", "index", "ingest")


@pytest.mark.faults
@pytest.mark.timeout(240 + 30 * KILLS, func_only=True)
def test_no_kill_of_a_service_loses_or_doubles_anything(
    tmp_path: Path, kafka: str, elasticsearch: str, own_name: str
) -> None:
    seed = random.randrange(10**9)
    rng = random.Random(seed)
    print(f"seed {seed}")
    with (
        Outlets(4) as outlets,
        Cluster(tmp_path, kafka=kafka, elasticsearch=elasticsearch, name=own_name, outlets=outlets) as cluster,
    ):
        load = Load(outlets, rng)
        cluster.watch()
        load.more()
        cluster.start(*SERVICES)
        wait_for(lambda: len(cluster.told()) > 0, lambda: "nothing was told", seconds=120)
        for kill in range(KILLS):
            load.more()
            time.sleep(rng.uniform(0.2, 2))
            victim = VICTIMS[kill % len(VICTIMS)]
            cluster.kill(victim)
            cluster.start(victim)
        load.more()

        def texts() -> dict[str, str]:
            return {guid: text for guid, (text, _) in cluster.documents().items()}

        wait_for(
            lambda: texts() == load.texts and len(cluster.told()) >= load.told.total(),
            lambda: (
                f"{len(texts())} of {len(load.texts)} articles, {len(cluster.told())} of {load.told.total()} tellings"
            ),
            seconds=180,
        )
        load.check(cluster.documents(), cluster.told())
        published = {(one.id, one.version) for one in cluster.topic(ARTICLES, Article)}
        assert len({name for name, _ in published}) == len(load.texts)
