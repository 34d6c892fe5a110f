"""Tables of words that stand beside the code: TSV in UTF-8, comments begin with «#»."""

from importlib import resources


def rows(name: str) -> list[list[str]]:
    """The rows of a table of this package, each as its fields."""
    text = resources.files("ingest").joinpath(name).read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
