"""A Docker engine: the one that runs, or one of our own from Debian's packages, on a socket of its own.

No image needs to be pulled: the base image is made by debootstrap, with the certificates that this machine trusts, so that pip
works in a build wherever it works here. What was made stays in the folder of the servers for the next run.
"""

import os
import resource
import shutil
import signal
import subprocess
import tarfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.integration.servers.processes import (
    Process,
    ServerError,
    UnavailableError,
    end,
    locked,
    servers_folder,
    tail,
)

BASE_IMAGE = "marsad-test/python:bookworm"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
IN_BASE_IMAGE = "python3,python3-venv,ca-certificates,curl"
ENVIRONMENT = (
    f"ENV PIP_CERT={CERTIFICATES} SSL_CERT_FILE={CERTIFICATES} "
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
)


@contextmanager
def engine() -> Iterator[Mapping[str, str]]:
    """The variables that lead clients to an engine; one that was not there before ends with the block.

    UnavailableError where this machine cannot run one.
    """
    folder = servers_folder() / "docker"
    with locked(folder / "lock"):
        if answers({}):
            _base_image({}, folder)
            yield {}
            return
        _install(dockerd="docker.io", docker="docker.io", iptables="iptables")
        where = {"DOCKER_HOST": f"unix://{folder}/docker.sock"}
        try:
            _start(folder, where)
            _base_image(where, folder)
            yield where
        finally:
            end(_running(folder), signal.SIGTERM, patience=60)


def compose_client() -> Sequence[str]:
    """Compose 2 where it is there, else docker-compose, which Debian has."""
    try:
        run(["docker", "compose", "version"], {})
    except ServerError:
        _install(**{"docker-compose": "docker-compose"})
        return ["docker-compose"]
    return ["docker", "compose"]


def docker(where: Mapping[str, str], *arguments: str, text: bytes | None = None) -> str:
    """Run the client; its output."""
    return run(["docker", *arguments], where, text=text)


def run(command: Sequence[str], where: Mapping[str, str], *, text: bytes | None = None) -> str:
    """Run a command to its end; its standard output. ServerError with what it said where it fails."""
    done = subprocess.run(command, env={**os.environ, **where}, input=text, capture_output=True, check=False)
    if done.returncode:
        said = (done.stdout + done.stderr).decode(errors="replace")
        raise ServerError(f"{' '.join(command)} ended with {done.returncode}:\n{said[-3000:]}")
    return done.stdout.decode()


def answers(where: Mapping[str, str]) -> bool:
    """Whether an engine is there."""
    if not shutil.which("docker"):
        return False
    try:
        run(["docker", "version"], where)
    except ServerError:
        return False
    return True


def _install(**packages: str) -> None:
    """See that programs are there, each of a package of Debian's."""
    missing = sorted({package for program, package in packages.items() if not shutil.which(program)})
    if not missing:
        return
    if os.geteuid() or not shutil.which("apt-get"):
        raise UnavailableError(
            f"{', '.join(missing)} is missing; root can install it here where there are Debian's packages"
        )
    print(f"installing {', '.join(missing)}", flush=True)
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        run(["apt-get", "update", "-qq"], quiet)
        # A service of theirs must not start: ours has a socket and data of its own.
        run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing], {**quiet, "RUNLEVEL": "1"})
    except ServerError as error:
        raise UnavailableError(f"{', '.join(missing)} cannot be installed: {error}") from error


def _running(folder: Path) -> list[Process]:
    """Our own engine, which may have outlived a run that was killed."""
    try:
        process = Process.of(int((folder / "pid").read_text()))
    except (FileNotFoundError, ValueError):
        return []
    return [process] if process.alive else []


def _start(folder: Path, where: Mapping[str, str]) -> None:
    if answers(where):
        return
    if os.geteuid():
        raise UnavailableError("no Docker engine runs, and only root can start one: start Docker, or run this as root")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    command = [
        *(shutil.which("dockerd") or "dockerd", "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec"),
        *("--pidfile", f"{folder}/pid", "-H", where["DOCKER_HOST"]),
        # A container may not raise its limits above those of the engine.
        *("--default-ulimit", f"nofile={soft}:{hard}"),
    ]
    process = Process.start(command, os.environ, folder / "log")
    deadline = time.monotonic() + 60
    while not answers(where):
        if not process.alive or time.monotonic() > deadline:
            end([process], signal.SIGKILL)
            raise ServerError(f"the Docker engine did not start:\n{tail(folder / 'log')}")
        time.sleep(0.2)


def _base_image(where: Mapping[str, str], folder: Path) -> None:
    """Debian 12 with its Python, in the place of every image that would have to be pulled."""
    if docker(where, "image", "ls", "--quiet", BASE_IMAGE).strip():
        return
    _install(debootstrap="debootstrap")
    if os.geteuid():
        raise UnavailableError(f"only root can make {BASE_IMAGE} by debootstrap: run this as root")
    print(f"making {BASE_IMAGE} by debootstrap (once, about a minute)", flush=True)
    root, archive = folder / "rootfs", folder / "rootfs.tar"
    shutil.rmtree(root, ignore_errors=True)
    try:
        run(["debootstrap", "--variant=minbase", f"--include={IN_BASE_IMAGE}", "bookworm", str(root)], {})
        shutil.copyfile(CERTIFICATES, root / CERTIFICATES.relative_to("/"))
        with tarfile.open(archive, "w") as packed:
            packed.add(root, ".")
        docker(where, "import", "--change", ENVIRONMENT, str(archive), BASE_IMAGE)
    finally:
        shutil.rmtree(root, ignore_errors=True)
        archive.unlink(missing_ok=True)
