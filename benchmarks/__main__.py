"""Runs all benchmarks that need no long preparation, or those whose names are given, and prints a table."""

import os
import platform
import sys

from rich.console import Console
from rich.table import Table

from benchmarks import cases


def main() -> None:
    wanted = sys.argv[1:]
    unknown = set(wanted) - cases.ALL.keys()
    if unknown:
        sys.exit(f"no such benchmark: {', '.join(sorted(unknown))}; there are: {', '.join(cases.ALL)}")
    console = Console(width=None if sys.stdout.isatty() else 140)
    console.print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.platform()}")
    table = Table("benchmark", "marsad", "baseline", "ratio", "what is compared")
    for name in wanted or [name for name in cases.ALL if name not in cases.ONLY_WHEN_NAMED]:
        result = cases.ALL[name]()
        table.add_row(
            name,
            f"{result.ours:,.1f} {result.unit}",
            f"{result.baseline:,.1f} {result.unit}",
            f"{result.ours / result.baseline:.2f}",
            result.compared,
        )
    console.print(table)


main()
