"""Who is named where in an article, and whom a noun without a name means."""

from collections.abc import Mapping

from marsad.annotation import Entity
from marsad.arabic.tokens import terms
from processors.entities import Mention, Named
from processors.events.lexicon import CAPITALS, STATES, WORDS, definite, is_word, nation
from processors.events.triggers import PLAIN
from processors.reading import Gap, Reading

_NEAREST_REACH = 60


class Naming:
    """The names of one article by token."""

    def __init__(self, reading: Reading, mentions: list[Mention], entities: Mapping[Named, Entity]) -> None:
        self.reading = reading
        self.words = reading.words
        self.mention_at = {mention.at: mention for mention in mentions}
        self.entity_of = {mention.at: entities[mention.who] for mention in mentions}
        self.people = {entity.id for entity in entities.values() if entity.type == "PER"}
        self.covered = frozenset(number for mention in mentions for number in range(mention.at, mention.end))
        """The tokens that are part of a name."""
        self._heads: dict[str, list[tuple[int, str]]] = {}
        for mention in mentions:
            if self.entity_of[mention.at].type == "ORG":
                head = self.words[mention.at][mention.skip :]
                self._heads.setdefault(head, []).append((mention.at, self.entity_of[mention.at].id))
        self.states = _states(entities)
        """The entity of a state by its first name in states.tsv."""

    def is_trigger(self, at: int) -> bool:
        """Whether the token is written like a word that states a happening."""
        word = self.words[at]
        return word in PLAIN or (word[:1] in ("و", "ف") and word[1:] in PLAIN)

    def government(self, mention: Mention) -> str | None:
        """Whose government the capital at a mention stands for: the state's entity where the text names it, else its own."""
        name = " ".join(self.words[mention.at : mention.end])[mention.skip :]
        state = CAPITALS.get(name)
        before = self.words[mention.at - 1].removeprefix("و") if mention.at else ""
        if state is None or before in WORDS["place_before"] or is_word("town", before) or mention.skip > 1:
            return None
        return self.states.get(state) or self.entity_of[mention.at].id

    def state_at(self, at: int) -> str | None:
        """The entity of the state whose adjective stands at a token, where the text names it."""
        if at in self.covered:  # «السعودية» is a name before it is an adjective
            return None
        following = self.words[at + 1] if at + 1 < len(self.words) else ""
        return self.states.get(nation(self.words[at], following) or "")

    def nearest_organisation(self, before: int) -> tuple[str, ...]:
        """Whose they are where a pronoun says it: the organisation named last before, in the same sentence."""
        for at in range(before - 1, max(before - _NEAREST_REACH, 0) - 1, -1):
            if self.reading.gaps[at + 1] is Gap.SENTENCE:
                break
            if at in self.mention_at and self.entity_of[at].type == "ORG":
                return (self.entity_of[at].id,)
        return ()

    def meant_by(self, noun: str, before: int) -> tuple[str, ...]:
        """The organisation named last before a token whose name begins with that noun: «الحركة» of «حركة الشباب»."""
        named = self._heads.get(noun, ())
        return next(((party,) for at, party in reversed(named) if at < before), ())

    def foreign(self, place: int) -> bool:
        """Whether the place named at a token owns nobody: a city, a state behind a preposition or a definite noun."""
        entity = self.entity_of[place]
        if entity.type != "LOC":
            return False
        return (
            entity.kind != "state" or definite(self.words[place - 1]) or is_word("preposition", self.words[place - 1])
        )

    def is_person(self, place: int) -> bool:
        """Whether a person's name begins at a token, with nothing attached."""
        return place in self.mention_at and self.entity_of[place].type == "PER" and not self.mention_at[place].skip


def _states(entities: Mapping[Named, Entity]) -> dict[str, str]:
    """The entities of states, by the first name that states.tsv gives them."""
    found: dict[str, str] = {}
    for entity in entities.values():
        state = STATES.get(" ".join(terms(entity.name))) if entity.type == "LOC" else None
        if state is not None:
            found.setdefault(state, entity.id)
    return found
