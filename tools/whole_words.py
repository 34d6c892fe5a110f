"""Make the list of whole words from frequencies of written forms: `python -m tools.whole_words FREQUENCIES.tsv.gz`.

FREQUENCIES has `form TAB zipf` a line (zipf = log10 of occurrences in 10⁹ words), here wordfreq's large list for Arabic. A form
is a word of its own where other particles stand in front of its first letter, which is against their order if that letter were
one itself («الوزارة»، «بوزارة», but never «الوقال»), measured against how much more usual the rest is; or where the rest is
hardly known. Particles after و and ف say nothing of ب ل ك, which stand there anyhow, nor does «لل…» of ل.
"""

import gzip
import re
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from marsad.arabic.clitics import splits
from marsad.arabic.letters import normal_form

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "marsad" / "arabic" / "data" / "whole-words.txt"
FREQUENT = ROOT / "tests" / "frequent-words.txt"
"""The most usual words, for a test: none of them may be a name unless its neighbours say so."""
ABOUT = "Words of Arabic that begin with و ف ب ل ك ا as a letter of their own"
ABOUT_FREQUENT = "Words of Arabic that occur more than once in 10⁴"
HEADER = f"""\
# {ABOUT}, in normal form, sorted.
# Made by tools/whole_words.py, 2026-11-28.
# Derived from wordfreq (CC BY-SA 4.0), release 3.1.1, whose sources and their attribution are named in config/NOTICE.md;
# this file is licensed CC BY-SA 4.0 likewise: https://creativecommons.org/licenses/by-sa/4.0/
"""
BEFORE = {
    "و": ("ال", "و", "ف", "ب", "ل", "ك"),
    "ف": ("ال", "و", "ف", "ب", "ل", "ك"),
    "ا": ("ال", "و", "ف", "ب", "ل", "ك"),
    "ب": ("ال", "ب", "ل", "ك"),
    "ك": ("ال", "ب", "ل", "ك"),
    "ل": ("ال", "ب", "ك"),
}
"""For each first letter what cannot stand before it if it is a particle."""
WITH_ARTICLE = ("ال", "بال", "فال", "كال", "لل")
STRETCHED = re.compile(r"(.)\1\1")
"""«اااه» is no word."""
RAREST = 20.0
"""Occurrences in 10⁹ words below which nothing is decided, …"""
MOST_USUAL = 1e5
RAREST_WITHOUT_REST = 1000.0
"""… and where the rest is no word at all."""


def is_whole(form: str, frequency: Mapping[str, float]) -> bool:
    """Whether the first letter of a known form belongs to the word."""
    here = frequency[form]
    rest = max((frequency.get(split.text, 0.0) for split in splits(form) if split.skip), default=0.0) / here
    if not rest:
        return here >= RAREST_WITHOUT_REST
    evidence = sum(frequency.get(before + form, 0.0) for before in BEFORE[form[0]]) / here
    if form[0] == "ا":  # a question is rare in news
        return rest <= 30 or evidence >= 0.05  # noqa: PLR2004 - a threshold like the others here
    if rest < 1 / 50 and form[0] != "و" and not form.startswith(WITH_ARTICLE):
        return True
    if rest <= 2:  # noqa: PLR2004 - a threshold like the others here
        return evidence >= (0.01 if rest <= 1 else 0.02)
    return evidence >= 0.05 * rest


def read(path: Path) -> dict[str, float]:
    """Occurrences in 10⁹ words by normal form."""
    found: dict[str, float] = defaultdict(float)
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            form, _, zipf = line.rstrip("\n").partition("\t")
            if zipf[:1].isdigit():
                found[normal_form(form)] += 10 ** float(zipf)
    return dict(found)


def main() -> None:
    """Read the frequencies named on the command line and write the list."""
    frequency = read(Path(sys.argv[1]))
    candidates = (
        form
        for form, count in frequency.items()
        if len(form) > 2  # noqa: PLR2004 - a threshold like the others here
        and form[0] in BEFORE
        and not form.startswith("ال")
        and count >= RAREST
        and not STRETCHED.search(form)
    )
    whole = sorted(form for form in candidates if is_whole(form, frequency))
    TARGET.write_text(HEADER + "\n".join(whole) + "\n", encoding="utf-8")
    frequent = sorted(form for form, count in frequency.items() if count > MOST_USUAL)
    FREQUENT.write_text(HEADER.replace(ABOUT, ABOUT_FREQUENT) + "\n".join(frequent) + "\n", encoding="utf-8")
    print(f"{len(whole)} words, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
