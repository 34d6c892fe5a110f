"""Docs are held to the code: metrics, commands, topics, links, and what must not stand in the repository."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import typer.main
from prometheus_client import CollectorRegistry

from marsad.cli.app import app
from marsad.metrics import Metrics
from marsad.topics import ALL

ROOT = Path(__file__).parent.parent


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def tracked(pattern: str = "") -> list[Path]:
    listed = subprocess.run(["git", "ls-files", pattern or "."], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def test_every_metric_is_documented_and_no_other() -> None:
    registry = CollectorRegistry()
    Metrics(registry)
    defined = {
        family.name + ("_total" if family.type == "counter" else ""): family.documentation
        for family in registry.collect()
    }
    documented = dict(re.findall(r"^\| `(marsad_\w+)` \|.*\| ([^|]+) \|$", text("docs/metrics.md"), re.MULTILINE))
    assert documented == defined


def test_every_topic_is_documented_with_its_key() -> None:
    for topic in ALL:
        assert f"| {topic.name} | {topic.key} |" in text("docs/architecture.md")


def commands(command: Any, name: str = "marsad") -> dict[str, set[str]]:
    """Every command by its full name with its options."""
    if hasattr(command, "commands"):
        return {k: v for sub, found in command.commands.items() for k, v in commands(found, f"{name} {sub}").items()}
    return {name: {option for parameter in command.params for option in parameter.opts if option.startswith("--")}}


def test_every_command_is_documented_with_its_options_and_no_other() -> None:
    rows = re.findall(r"^\| `(marsad [a-z -]+)` \|(.*)\|$", text("docs/commands.md"), re.MULTILINE)
    documented = {name: set(re.findall(r"`(--[a-z-]+)`", rest)) for name, rest in rows}
    assert documented == commands(typer.main.get_command(app))


@pytest.mark.parametrize("word", ["make demo", "make test", "make run", "marsad feeds add", "marsad search"])
def test_the_readme_names(word: str) -> None:
    assert word in text("README.md")


@pytest.mark.parametrize("document", tracked("*.md"), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text(encoding="utf-8")):
        assert (document.parent / target).exists(), target


def test_nothing_names_a_package_registry_or_a_path_of_a_machine() -> None:
    forbidden = re.compile(
        rb"https?://[a-z0-9.-]*(?:pypi|pythonhosted|npmjs|maven|debian)|(?<![a-z])/(?:work|farm|root|home)/"
    )
    for path in tracked():
        if path != Path(__file__):
            assert not forbidden.search(path.read_bytes()), path
