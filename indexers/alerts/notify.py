"""The stage that meets articles with rules, decides, and fills the outbox, all in one transaction."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from indexers.alerts import state
from indexers.alerts.decide import Decision, Limits, StoryState, decide, held_until
from indexers.alerts.rules import Rule, RuleSet
from indexers.excerpts import apart, excerpt
from indexers.query.live import TermHit
from marsad.alert import Alert, Notification, Reason, alert_id, notification_id
from marsad.annotation import StoryArticle
from marsad.codec import decode, encode
from marsad.message import Message, Record
from marsad.metrics import Metrics
from marsad.statefile import Transaction
from marsad.topics import ALERTS, STORIES, Topic

REASONS = 5
"""Places in the text that an alert quotes, at most."""


class Matched(NamedTuple):
    """An article with the rules that it meets and the places that meet them."""

    article: StoryArticle
    matches: Sequence[tuple[Rule, Sequence[TermHit]]]


class NotifyStage:
    """`rules` gives the rules in force; they may change between two messages."""

    name = "notify"
    source = STORIES

    def __init__(
        self, rules: Callable[[], RuleSet], limits: Limits, clock: Callable[[], int], metrics: Metrics
    ) -> None:
        self._rules = rules
        self._limits = limits
        self._clock = clock
        self._metrics = metrics

    def prepare(self, message: Message) -> Matched:
        """Match all rules."""
        article = decode(message.value, StoryArticle)
        rules = self._rules()
        found = rules.matcher.match(article.annotated)
        return Matched(article, [(rules.rules[name], hits) for name, hits in found.items()])

    def decide(self, tx: Transaction, item: Matched) -> Iterable[tuple[Topic, Record]]:
        """Decide on each match that is not decided yet."""
        now = self._clock()
        for rule, hits in item.matches:
            if not state.decided(tx, rule.id, item.article.article.id):
                yield from self._decide(tx, item.article, rule, hits, now)

    def _decide(
        self, tx: Transaction, article: StoryArticle, rule: Rule, hits: Sequence[TermHit], now: int
    ) -> Iterable[tuple[Topic, Record]]:
        story = article.membership.story
        standing, known = state.rule_state(tx, rule, now), state.story_state(tx, rule.id, story)
        decision = decide(article.article, rule=standing, story=known, limits=self._limits, now=now)
        state.record_decision(tx, rule=rule.id, article=article.article.id, story=story, decision=decision, now=now)
        self._metrics.alerts.labels(decision).inc()
        if decision is Decision.BACKLOG:
            return
        if decision is Decision.TOLD:
            listed = known._replace(further=known.further + 1)
            state.record_story(tx, rule=rule.id, story=story, state=listed, now=now)
            return
        due = held_until(standing, now)
        made = alert_about(article, rule, hits, now, story=known, held=due is not None)
        state.put_alert(tx, made)
        state.record_story(tx, rule=rule.id, story=story, state=StoryState(made.id, made.telling), now=now)
        if due is None:
            state.record_telling(tx, rule.id, now)
        else:
            state.hold_back(tx, made, due)
        yield ALERTS, Record(made.id.encode(), encode(made))


def alert_about(
    story_article: StoryArticle, rule: Rule, hits: Sequence[TermHit], now: int, *, story: StoryState, held: bool
) -> Alert:
    """The alert that a rule gives for an article; `story` is what it has said of its story before."""
    article = story_article.article
    number = alert_id(rule.id, story_article.membership.story, story.tellings + 1)
    return Alert(
        id=number,
        rule=rule.id,
        name=rule.name,
        query=rule.text,
        story=story_article.membership.story,
        article=article.id,
        version=article.version,
        outlet=article.outlet,
        url=article.url,
        title=article.title,
        published=article.time,
        fetched=article.version,
        decided=now,
        reasons=tuple(_reason(article.content, hit) for hit in apart(hits)[:REASONS]),
        notifications=tuple(
            Notification(id=notification_id(number, receiver), receiver=receiver, state="held" if held else "pending")
            for receiver in rule.receivers
        ),
        telling=story.tellings + 1,
        further=story.further + 1 if story.tellings else 0,
    )


def _reason(content: str, hit: TermHit) -> Reason:
    return Reason(
        term=hit.term.typed,
        surface=content[hit.span.start : hit.span.end],
        form=hit.form,
        span=hit.span,
        excerpt=excerpt(content, hit.span.start, hit.span.end),
    )
