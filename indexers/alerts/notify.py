"""The stage that meets articles with rules, decides, and fills the outbox, all in one transaction."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from indexers.alerts import state
from indexers.alerts.decide import Decision, Limits, decide
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
        article, story = item.article.article, item.article.membership.story
        for rule, hits in item.matches:
            if state.decided(tx, rule.id, article.id):
                continue
            alert = alert_id(rule.id, story)
            decision = decide(
                article,
                rule_since=state.rule_since(tx, rule.id, now),
                story_told=state.told(tx, alert),
                limits=self._limits,
            )
            state.record_decision(tx, rule=rule.id, article=article.id, story=story, decision=decision, now=now)
            self._metrics.alerts.labels(decision).inc()
            if decision is Decision.ALERT:
                made = alert_about(item.article, rule, hits, now)
                state.put_alert(tx, made)
                yield ALERTS, Record(made.id.encode(), encode(made))


def alert_about(story_article: StoryArticle, rule: Rule, hits: Sequence[TermHit], now: int) -> Alert:
    """The alert that a rule gives for an article."""
    article = story_article.article
    number = alert_id(rule.id, story_article.membership.story)
    return Alert(
        id=number,
        rule=rule.id,
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
            Notification(id=notification_id(number, receiver), receiver=receiver) for receiver in rule.receivers
        ),
    )


def _reason(content: str, hit: TermHit) -> Reason:
    return Reason(
        term=hit.term.typed,
        surface=content[hit.span.start : hit.span.end],
        span=hit.span,
        excerpt=excerpt(content, hit.span.start, hit.span.end),
    )
