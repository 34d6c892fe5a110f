"""What runs in the place of the official images, and understands those of their variables that docker-compose.yml sets.

python -m tests.compose.standins kafka | elasticsearch | kibana
"""

import base64
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

from tests.fake_kibana import FakeKibana
from tests.integration.servers.kafka_properties import LOG4J as KAFKA_LOG4J

JAVA = "/java/bin/java"
USER = 1000
"""As whom the official images run."""
TO_CONSOLE = """\
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d{ISO8601}][%-5p][%c{1.}] %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
"""
NOT_PROPERTIES = ("KAFKA_HEAP_OPTS",)


def kafka() -> None:
    """A broker: KAFKA_A_B is the property a.b; the storage is formatted where it is not."""
    properties = {
        name.removeprefix("KAFKA_").lower().replace("_", "."): value
        for name, value in os.environ.items()
        if name.startswith("KAFKA_") and name not in NOT_PROPERTIES
    }
    conf, data = Path("/etc/standin"), Path(properties["log.dirs"])
    conf.mkdir(exist_ok=True)
    written = conf / "server.properties"
    written.write_text("".join(f"{name}={value}\n" for name, value in properties.items()))
    (conf / "log4j2.properties").write_text(KAFKA_LOG4J)
    shutil.chown(data, USER, USER)
    drop_rights()
    java = [JAVA, *os.environ["KAFKA_HEAP_OPTS"].split(), f"-Dlog4j2.configurationFile={conf}/log4j2.properties"]
    java += ["-cp", "/kafka/*"]
    if not (data / "meta.properties").exists():
        tool = ["kafka.tools.StorageTool", "format", "-t", os.environ["CLUSTER_ID"], "-c", str(written)]
        subprocess.run([*java, *tool], check=True)
    os.execv(JAVA, [*java, "kafka.Kafka", str(written)])


def elasticsearch() -> None:
    """A node: a variable with a point is a setting, ELASTIC_PASSWORD the first password of elastic."""
    settings = {name: value for name, value in os.environ.items() if "." in name}
    home, data = Path("/elasticsearch"), Path("/usr/share/elasticsearch/data")
    conf, logs = Path("/etc/standin"), Path("/var/log/standin")
    for folder in (conf, logs):
        folder.mkdir(exist_ok=True)
    lines = {"network.host": "0.0.0.0", "path.data": str(data), "path.logs": str(logs), **settings}
    (conf / "elasticsearch.yml").write_text("".join(f"{name}: {value}\n" for name, value in lines.items()))
    (conf / "jvm.options").write_text("\n".join(os.environ["ES_JAVA_OPTS"].split()) + "\n")
    (conf / "log4j2.properties").write_text(TO_CONSOLE)
    for path in (data, logs, conf, *conf.iterdir()):
        shutil.chown(path, USER, USER)
    drop_rights()
    environment = {
        "PATH": os.defpath,
        "HOME": "/tmp",
        "JAVA": JAVA,
        "JAVA_TYPE": "ES_JAVA_HOME",
        "ES_JAVA_HOME": "/java",
        "ES_HOME": str(home),
        "ES_PATH_CONF": str(conf),
        "ES_TMPDIR": "/tmp",
        "ES_DISTRIBUTION_TYPE": "docker",
    }
    if not (conf / "elasticsearch.keystore").exists():
        add_to_keystore("bootstrap.password", os.environ["ELASTIC_PASSWORD"], environment)
    os.chdir(home)
    launcher = ["-Xmx64m", "-XX:+UseSerialGC", "-cp", f"{home}/lib/tools/server-launcher/*"]
    os.execve(JAVA, [JAVA, *launcher, "org.elasticsearch.server.launcher.ServerLauncher"], environment)


def add_to_keystore(name: str, value: str, environment: Mapping[str, str]) -> None:
    """Put a secure setting where the node reads it, by Elasticsearch's own tool."""
    home = environment["ES_HOME"]
    tool = [JAVA, "-cp", f"{home}/lib/*:{home}/lib/cli-launcher/*"]
    tool += ["-Dcli.name=", "-Dcli.script=bin/elasticsearch-keystore", "-Dcli.libs=lib/tools/keystore-cli"]
    tool += [f"-Des.path.home={home}", f"-Des.path.conf={environment['ES_PATH_CONF']}", "-Des.distribution.type=docker"]
    tool += ["org.elasticsearch.launcher.CliToolLauncher"]
    subprocess.run([*tool, "create"], env=environment, check=True)
    subprocess.run([*tool, "add", "--stdin", name], input=value.encode(), env=environment, check=True)


def kibana() -> None:
    """Answers as Kibana's documentation says, to the account of elastic alone."""
    account = base64.b64encode(f"elastic:{os.environ['ELASTIC_PASSWORD']}".encode()).decode()
    with FakeKibana(address=("0.0.0.0", 5601), authorization=f"Basic {account}"):
        threading.Event().wait()


def drop_rights() -> None:
    """Go on as the user of the official images."""
    os.setgroups([])
    os.setgid(USER)
    os.setuid(USER)


if __name__ == "__main__":
    {"kafka": kafka, "elasticsearch": elasticsearch, "kibana": kibana}[sys.argv[1]]()
