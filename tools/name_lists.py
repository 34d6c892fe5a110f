"""Derives the tagger's word lists from the gazetteers: `python -m tools.name_lists DATA` writes processors/names/*.tsv.gz.

DATA holds `gazetteer/` (Wikidata and GeoNames names, CLDR countries) and `lexicon/frequencies-ar.tsv.gz`.
"""

import gzip
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from marsad.arabic.letters import normal_form
from marsad.arabic.tokens import terms

TARGET = Path(__file__).parents[1] / "processors" / "names"
NAMES_HEAD = """\
# Words of Arabic names with what they are part of. Derived for marsad, 2026-11-28; sources and notices: NOTICE beside this file.
# g given name, G usual one, s surname, S usual one, p place, q first word of a longer one, i a later word of one,
# c country, d first word of a longer one. Made by tools/name_lists.py.
# word\tclasses
"""
COMMON_HEAD = """\
# Usual words of Arabic, 2026-11-28; derived from wordfreq (CC BY-SA 4.0), and under that licence.
# word\tf from one in 100,000 words, F from one in 10,000
"""
RARE, USUAL = 2, 30
"""Persons who bear a name: from when on it is listed, and is usual."""
COMMON, VERY_COMMON = 1e4, 1e5
"""Occurrences in 10⁹ words."""


def _table(path: Path) -> Iterator[dict[str, str]]:
    content = path.read_bytes()
    text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode()
    head, *lines = (line.split("\t") for line in text.splitlines())
    for line in lines:
        yield dict(zip(head, line, strict=False))


def persons(folder: Path) -> Iterator[tuple[str, str]]:
    """Parts of persons' names, each with its classes."""
    for row in _table(folder / "name-parts.tsv.gz"):
        roles = dict(role.split(":") for role in row["roles"].split())
        words = terms(row["key_ar"])
        for role, usual in (("given", "gG"), ("surname", "sS")):
            number = int(roles.get(role, 0))
            if number >= RARE and len(words) == 1:
                yield words[0], usual if number >= USUAL else usual[0]


def places(folder: Path) -> Iterator[tuple[str, str]]:
    """Words of places' names, each with its classes."""
    named = [
        (name, "p", "q")
        for file, column in (
            ("places-geonames.tsv.gz", "names_ar"),
            ("places-algeria.tsv", "name_ar"),
            ("places-yemen.tsv", "name_ar"),
        )
        for row in _table(folder / file)
        for name in row[column].split("|")
    ]
    named += [(row["name_ar"], "c", "d") for row in _table(folder / "countries.tsv")]
    for name, alone, first in named:
        words = terms(name)
        if len(words) == 1:
            yield words[0], alone
        elif words:
            yield words[0], first
            for word in words[1:]:
                yield word, "i"


def common(folder: Path) -> Iterator[tuple[str, str]]:
    """Usual words, with how usual they are, in order of their frequency."""
    frequency: Counter[str] = Counter()
    with gzip.open(folder / "frequencies-ar.tsv.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("#"):
                continue
            word, zipf = line.rstrip("\n").split("\t")
            frequency[normal_form(word)] += 10 ** float(zipf)  # type: ignore[assignment] # sums of occurrences
    for word, number in frequency.items():
        if number >= COMMON:
            yield word, "F" if number >= VERY_COMMON else "f"


def _write(path: Path, head: str, found: Iterator[tuple[str, str]]) -> None:
    merged: defaultdict[str, set[str]] = defaultdict(set)
    for word, classes in found:
        merged[word].update(classes)
    body = "".join(f"{word}\t{''.join(sorted(classes))}\n" for word, classes in sorted(merged.items()) if len(word) > 1)
    path.write_bytes(gzip.compress((head + body).encode(), 9, mtime=0))
    print(f"{path.name}: {len(merged)} words, {path.stat().st_size} bytes")


def main() -> None:
    """Write both lists."""
    data = Path(sys.argv[1])
    named = (pair for part in (persons, places) for pair in part(data / "gazetteer"))
    _write(TARGET / "words.tsv.gz", NAMES_HEAD, named)
    _write(TARGET / "common.tsv.gz", COMMON_HEAD, common(data / "lexicon"))


if __name__ == "__main__":
    main()
