"""What may be attached in front of an Arabic word, and so which written forms mention it.

Proclitics come in a fixed order: the question «أ», a conjunction «و» or «ف», a preposition «ب», «ل» or «ك», the article
«ال»; after «ل» the article loses its alef («للقاعدة»), and before a word that begins with «ل» also its lam. `forms` goes
from a word to its written forms, `stems` from a written form back; the law between them is that a token is one of the forms
of a word exactly when the word is one of the token's stems. All text here is in normal form, so the question «أ» is «ا».

A proclitic stays outside the span that names a thing and the article inside: in «بداعش» the span is «داعش», in «للقاعدة»
it begins at the second lam.
"""

from functools import lru_cache
from typing import NamedTuple

ARTICLE = "ال"
_CONJUNCTIONS = ("", "و", "ف")
_PREPOSITIONS = ("", "ب", "ل", "ك")
_PROCLITICS = tuple(
    dict.fromkeys(
        question + conjunction + preposition
        for question in ("", "ا")
        for conjunction in _CONJUNCTIONS
        for preposition in _PREPOSITIONS
        if question + conjunction + preposition != ARTICLE  # «أل…» looks like the article and is read as it
    )
)
SHORTEST_STEM = 2
"""Letters that must remain once something is taken off: no word of news is shorter, and «لا» is no preposition."""


class Stem(NamedTuple):
    """A word that a token may mention: its letters, and how many letters of the token stand outside its span."""

    text: str
    skip: int


def definite(word: str) -> bool:
    """Whether the word begins as if with the article and keeps a stem without it."""
    return word.startswith(ARTICLE) and len(word) >= len(ARTICLE) + SHORTEST_STEM


def with_proclitics(word: str) -> frozenset[str]:
    """The written forms of a word, its article as it stands: «القاعده» gives «والقاعده» and «للقاعده», never «قاعده»."""
    if len(word) < SHORTEST_STEM:
        return frozenset({word})
    found = {proclitic + word for proclitic in _PROCLITICS}
    if definite(word):
        bare = word[len(ARTICLE) :]
        tails = ("ل" + bare, bare) if bare.startswith("ل") else ("ل" + bare,)
        found |= {proclitic + tail for proclitic in _PROCLITICS if proclitic.endswith("ل") for tail in tails}
    return frozenset(found)


def forms(word: str) -> frozenset[str]:
    """Every written form that mentions the word: `with_proclitics`, and the same with the article where it has none."""
    if definite(word) or len(word) < SHORTEST_STEM:
        return with_proclitics(word)
    return with_proclitics(word) | with_proclitics(ARTICLE + word)


@lru_cache(maxsize=65536)
def names(token: str) -> tuple[Stem, ...]:
    """The words, article as it stands, that have this token among `with_proclitics`; the token itself comes first."""
    found = {token: 0}
    for proclitic in _PROCLITICS:
        size = len(proclitic)
        if not size or not token.startswith(proclitic):
            continue
        rest = token[size:]
        if len(rest) >= SHORTEST_STEM:
            found.setdefault(rest, size)
        if proclitic.endswith("ل") and rest.startswith("ل"):
            _restore(found, ARTICLE + rest[1:], size)  # «للقاعده»: the article lost its alef
            _restore(found, ARTICLE + rest, size)  # «لليبي» of «الليبي»: and its lam
    return tuple(Stem(text, skip) for text, skip in found.items())


def _restore(found: dict[str, int], word: str, skip: int) -> None:
    if definite(word):
        found.setdefault(word, skip)


@lru_cache(maxsize=65536)
def stems(token: str) -> tuple[Stem, ...]:
    """The words that have this token among their `forms`; the span of a definite form includes its article."""
    found = {stem.text: stem.skip for stem in names(token)}
    for text, skip in list(found.items()):
        if definite(text):
            found.setdefault(text[len(ARTICLE) :], skip)
    return tuple(Stem(text, skip) for text, skip in found.items())
