"""A broker that speaks TLS and asks for a password lets us in with the settings, and says why where they are wrong."""

import gc
import re
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest
from pydantic import SecretStr

from marsad.errors import LogAwayError, LogRefusedError
from marsad.settings import KafkaSettings
from tests.contracts.message_log import keys, records
from tests.integration.kafka_settings import everything, kafka_log, make_topic
from tests.integration.servers.java import find_java
from tests.integration.servers.kafka_cluster import KafkaCluster
from tests.integration.servers.processes import HOST, free_ports

PASSWORD = "open sesame"


class Secured(NamedTuple):
    """A broker with a listener for TLS and passwords, and the settings that it lets in."""

    settings: KafkaSettings
    cluster: KafkaCluster


def certificate(folder: Path) -> tuple[Path, Path]:
    """A key store for the broker, and the certificate that its clients are to trust."""
    keytool = find_java(17, "keytool") / "bin/keytool"
    store, trusted = folder / "broker.p12", folder / "ca.pem"
    of = ["-keystore", str(store), "-storetype", "PKCS12", "-storepass", PASSWORD, "-alias", "broker"]
    named = ["-dname", "CN=broker", "-ext", f"SAN=IP:{HOST}", "-ext", "bc:c"]
    subprocess.run([str(keytool), "-genkeypair", "-keyalg", "RSA", *named, *of], check=True, capture_output=True)
    subprocess.run([str(keytool), "-exportcert", "-rfc", "-file", str(trusted), *of], check=True, capture_output=True)
    return store, trusted


@pytest.fixture
def secured(own_name: str, tmp_path: Path, kafka: str) -> Iterator[Secured]:
    del kafka  # where that cannot be had, this cannot either
    store, trusted = certificate(tmp_path)
    (port,) = free_ports(1, 19_692)
    extra = f"""
listeners=PLAINTEXT://{HOST}:{{node.port}},CONTROLLER://{HOST}:{{node.controller_port}},SECURE://{HOST}:{port}
advertised.listeners=PLAINTEXT://{HOST}:{{node.port}},SECURE://{HOST}:{port}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL
listener.name.secure.sasl.enabled.mechanisms=PLAIN
listener.name.secure.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
user_marsad="{PASSWORD}";
listener.name.secure.ssl.keystore.type=PKCS12
listener.name.secure.ssl.keystore.location={store}
listener.name.secure.ssl.keystore.password={PASSWORD}
"""
    cluster = KafkaCluster(own_name, brokers=1, first_port=port, extra=extra)
    cluster.up()
    settings = KafkaSettings(
        bootstrap=[f"{HOST}:{port}"],
        security="SASL_SSL",
        tls_ca=str(trusted),
        sasl_mechanism="PLAIN",
        sasl_username="marsad",
        sasl_password=SecretStr(PASSWORD),
    )
    yield Secured(settings, cluster)
    cluster.down()
    cluster.folder.with_suffix(".lock").unlink()


@pytest.fixture
def unclosed() -> Iterator[None]:
    """kafka-python leaves the sockets of handshakes that failed to the garbage collector."""
    warnings.filterwarnings("ignore", "unclosed <ssl", ResourceWarning)  # until the test has ended
    yield
    gc.collect()


@pytest.mark.usefixtures("unclosed")
@pytest.mark.timeout(300, func_only=True)
def test_tls_and_a_password_let_us_in_and_nothing_else_does(secured: Secured, own_name: str) -> None:
    topic = make_topic(secured.settings, own_name)
    log = kafka_log(secured.settings)
    log.append(topic, records("a", "b"))
    assert keys(everything(log, topic)) == ["a", "b"]
    log.close()
    wrong: list[tuple[dict[str, object], str]] = [
        ({"sasl_password": SecretStr("close sesame")}, r"Invalid username or password"),
        ({"tls_ca": ""}, r"certificate verify failed"),
    ]
    for change, reason in wrong:
        log = kafka_log(secured.settings.model_copy(update=change))
        with pytest.raises(LogRefusedError, match="there is no way in to Kafka") as told:
            while True:
                with suppress(LogAwayError):  # a broker may hang up on a wrong password before its answer has come
                    log.bounds(topic)
        assert re.search(reason, str(told.value))
        assert "sesame" not in str(told.value)
        log.close()
