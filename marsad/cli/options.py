"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        envvar="MARSAD_CONFIG",
        help="A directory whose files replace those that ship: marsad.toml, alerts.toml, actors*.toml, feeds.tsv, "
        "kibana/panels.toml.",
        show_default="the files that ship",
    ),
]
DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        envvar="MARSAD_DATA",
        help="The directory that holds all state.",
        show_default="the setting data: ./data",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="For programs: JSON, and nothing else on standard output.")]
