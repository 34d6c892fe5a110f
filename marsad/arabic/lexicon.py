"""Words whose first letter looks like a particle and is their own: «وزارة»، «بلال»، «كتاب» are no و، ب، ك with a rest.

Source: `data/whole-words.txt`, which `tools/whole_words.py` makes from the frequencies of written forms.
"""

from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "data" / "whole-words.txt"


@cache
def whole_words() -> frozenset[str]:
    """The words of the lexicon from whose front nothing is taken off, in normal form."""
    return frozenset(line for line in _FILE.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
