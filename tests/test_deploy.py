"""What stands in docker-compose.yml, Dockerfile and the systemd unit; `make test-compose` runs the first two for real."""

import re
from collections.abc import Mapping
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from marsad.cli.app import app
from marsad.config import Config
from marsad.settings import load_settings

ROOT = Path(__file__).parent.parent
COMPOSE: Mapping[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: Mapping[str, Mapping[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
THEIRS = {name: service for name, service in SERVICES.items() if name not in OURS}
PASSWORDS = {"ELASTIC_PASSWORD", "KIBANA_PASSWORD", "MARSAD_PASSWORD"}
COMMANDS = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined] # a group has commands


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_is_bounded_and_looked_after(name: str) -> None:
    service = SERVICES[name]
    assert service["mem_limit"]
    assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}
    assert service["restart"] in {"unless-stopped", "on-failure"}
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    if service["restart"] == "unless-stopped":
        assert service["healthcheck"]["test"]


@pytest.mark.parametrize("name", OURS)
def test_ours_run_a_command_that_there_is_with_no_more_rights_than_they_need(name: str) -> None:
    service = OURS[name]
    assert service["command"][0] in COMMANDS
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]


def test_versions_are_those_that_the_tests_run() -> None:
    pom = (ROOT / "tests/integration/servers/pom.xml").read_text(encoding="utf-8")
    kafka = re.findall(r"<kafka>(.+)</kafka>", pom)[0]
    zipped = (ROOT / "tests/integration/servers/elastic_zip.py").read_text(encoding="utf-8")
    elastic = re.findall(r'^VERSION = "([^"]+)"', zipped, re.MULTILINE)[0]
    assert {service["image"] for service in THEIRS.values()} == {
        f"apache/kafka:{kafka}",
        f"elasticsearch:{elastic}",
        f"kibana:{elastic}",
    }


@pytest.mark.parametrize("name", OURS)
def test_the_variables_of_a_container_are_settings(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in OURS[name]["environment"].items():
        monkeypatch.setenv(variable, value)
    settings = load_settings(Config())  # an unknown one would be refused
    searches = name in {"index", "notify"}
    assert settings.elasticsearch.user == ("marsad" if searches else ""), "who does not search has no password"
    assert settings.mode == "cluster"
    assert settings.kafka.bootstrap == ["kafka:9092"]
    assert settings.elasticsearch.urls == ["http://elasticsearch:9200"]


def test_passwords_come_from_the_environment_and_the_example_names_them_all() -> None:
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"\$\{(\w+PASSWORD)[:}]", text)) == PASSWORDS
    given = [line for line in (ROOT / ".env.example").read_text(encoding="utf-8").splitlines() if "#" not in line]
    assert set(given) == {f"{name}=" for name in PASSWORDS}
    documented = set(
        re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs/deploying.md").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert documented == set(re.findall(r"\$\{(\w+)[:}]", text))


def test_the_image_is_built_from_what_the_docker_context_lets_in() -> None:
    ignore = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    copied = {
        name.split("/")[0]
        for line in re.findall(r"^COPY (?!--)(.+) \S+$", dockerfile, re.MULTILINE)
        for name in line.split()
    }
    assert copied == {line[1:] for line in ignore if line.startswith("!")}
    assert re.search(r"^USER marsad$", dockerfile, re.MULTILINE)


def test_the_unit_starts_a_command_and_leaves_to_a_person_what_only_a_person_can_mend() -> None:
    unit = ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign] # names have capitals, as its documentation says to keep them
    unit.read(ROOT / "deploy/systemd/marsad@.service", encoding="utf-8")
    service = unit["Service"]
    assert service["RestartPreventExitStatus"] == "2"
    assert service["User"] == "marsad"
    named = (ROOT / "deploy/systemd/marsad@.service").read_text(encoding="utf-8").partition("[Unit]")[0]
    assert {name.partition("-")[0] for name in re.findall(r"marsad@([a-z-]+)", named)} <= COMMANDS
