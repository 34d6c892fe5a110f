"""Reads the small tables of words that stand beside the code: tab-separated, «#» begins a comment line."""

from importlib import resources

from marsad.arabic.tokens import terms


def rows(package: str, name: str) -> list[list[str]]:
    """The cells of every line of a table that ships with a package."""
    text = resources.files(package).joinpath(name).read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines() if line.strip() and not line.startswith("#")]


def forms(cell: str) -> list[str]:
    """The words of a cell, in normal form; «_» joins the words of one expression, which stay joined by a blank."""
    return [" ".join(terms(word.replace("_", " "))) for word in cell.split()]
