"""What may be attached in front of an Arabic word, and so which written forms mention it.

Proclitics come in a fixed order: the question «أ», a conjunction «و» or «ف», a preposition «ب», «ل» or «ك», the article
«ال»; after «ل» the article loses its alef («للقاعدة»), and before a word that begins with «ل» also its lam. `forms` goes
from a word to its written forms, `stems` from a written form back; the law between them is that a token is one of the forms
of a word exactly when the word is one of the token's stems. All text here is in normal form, so the question «أ» is «ا».

From a word that the lexicon knows as whole nothing is taken off, nor from what stands before it more than that: «وبلال» is
«بلال» and never «لال». A word stands for all of its spellings.

A proclitic stays outside the span that names a thing and the article inside: in «بداعش» the span is «داعش», in «للقاعدة»
it begins at the second lam.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from marsad.arabic.lexicon import whole_words
from marsad.arabic.spellings import spellings
from marsad.arabic.tokens import WORDS_REMEMBERED

ARTICLE = "ال"
_CONJUNCTIONS = ("", "و", "ف")
_PREPOSITIONS = ("", "ب", "ل", "ك")
PROCLITICS = tuple(
    dict.fromkeys(
        question + conjunction + preposition
        for question in ("", "ا")
        for conjunction in _CONJUNCTIONS
        for preposition in _PREPOSITIONS
        if question + conjunction + preposition != ARTICLE  # «أل…» looks like the article and is read as it
    )
)
"""Every way to put them together, the empty one first and the article left out."""
_LONGEST = max(map(len, PROCLITICS))
_INITIALS = frozenset(proclitic[0] for proclitic in PROCLITICS if proclitic)
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
    return frozenset(form for spelling in spellings(word) for form in _attached(spelling))


def forms(word: str) -> frozenset[str]:
    """Every written form that mentions the word: `with_proclitics`, and the same with the article where it has none."""
    found = set(with_proclitics(word))
    for spelling in spellings(word):
        if not definite(spelling) and len(spelling) >= SHORTEST_STEM:
            found |= with_proclitics(ARTICLE + spelling)
    return frozenset(found)


def _attached(word: str) -> Iterable[str]:
    """The word as it is spelled here with each proclitic that the lexicon allows."""
    yield word
    if len(word) < SHORTEST_STEM:
        return
    tails = [word]
    if definite(word):
        bare = word[len(ARTICLE) :]
        tails += ["ل" + bare, bare] if bare.startswith("ل") else ["ل" + bare]
    for tail in tails:
        for proclitic in PROCLITICS:
            if proclitic and (tail is word or proclitic.endswith("ل")):
                form = proclitic + tail
                if len(proclitic) <= _removable(form):
                    yield form


def _removable(token: str) -> int:
    """How many letters may at most be taken off its front: up to the first whole word that is met on the way."""
    if token[:1] not in _INITIALS:
        return 0
    whole = whole_words()
    return next((size for size in range(_LONGEST) if token[size:] in whole), _LONGEST)


def splits(token: str) -> tuple[Stem, ...]:
    """The words, article as it stands, to which something may be attached to give the token; the token itself first.

    Neither the lexicon nor other spellings are asked.
    """
    return _splits(token, _LONGEST)


def _splits(token: str, removable: int) -> tuple[Stem, ...]:
    found = {token: 0}
    for proclitic in PROCLITICS if removable else ():
        size = len(proclitic)
        if not size or size > removable or not token.startswith(proclitic):
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


@lru_cache(WORDS_REMEMBERED)
def names(token: str) -> tuple[Stem, ...]:
    """The words, article as it stands, that have this token among `with_proclitics`; the token itself comes first."""
    return _spelled({stem.text: stem.skip for stem in _splits(token, _removable(token))})


@lru_cache(WORDS_REMEMBERED)
def stems(token: str) -> tuple[Stem, ...]:
    """The words that have this token among their `forms`; the span of a definite form includes its article."""
    found = {stem.text: stem.skip for stem in _splits(token, _removable(token))}
    for text, skip in list(found.items()):
        for spelling in spellings(text):
            bare = spelling[len(ARTICLE) :]
            if definite(spelling) and not definite(bare):  # no word has the article twice
                found.setdefault(bare, skip)
    return _spelled(found)


def _spelled(found: dict[str, int]) -> tuple[Stem, ...]:
    """All spellings of what was found, in order."""
    spelled: dict[str, int] = {}
    for text, skip in found.items():
        spelled.setdefault(text, skip)
        for spelling in spellings(text):
            spelled.setdefault(spelling, skip)
    return tuple(Stem(text, skip) for text, skip in spelled.items())
