"""Values for tests: articles of our own, with what a test does not care about filled in."""

from datetime import UTC, datetime

from marsad.alert import Alert, Notification, Reason, alert_id, notification_id
from marsad.annotation import AnnotatedArticle, Entity, Event, Membership, Span, StoryArticle
from marsad.article import Article, digest, month_of
from marsad.catalogue import Actor, Ambiguous, Catalogue

NOW = int(datetime(2026, 11, 28, 12, tzinfo=UTC).timestamp() * 1000)
HOUR = 3_600_000

CATALOGUE = Catalogue(
    [
        Actor(
            id="isis",
            name="تنظيم الدولة الإسلامية",
            english="Islamic State",
            kind="armed_group",
            aliases=("داعش", "الدواعش", "تنظيم الدولة"),
        ),
        Actor(
            id="sdf",
            name="قوات سوريا الديمقراطية",
            english="Syrian Democratic Forces",
            kind="armed_group",
            aliases=("قسد",),
        ),
        Actor(
            id="hamas",
            name="حركة حماس",
            english="Hamas",
            kind="armed_group",
            ambiguous=(Ambiguous(alias="حماس", unless_next=("كبير", "شديد")),),
        ),
        Actor(
            id="free-army",
            name="الجيش السوري الحر",
            english="Free Syrian Army",
            kind="armed_group",
            aliases=("الجيش الحر",),
        ),
    ]
)


def article(
    text: str = "نص الخبر",
    *,
    title: str = "عنوان",
    name: str = "",
    version: int = NOW,
    first_seen: int | None = None,
    age: int = 0,
    initial: bool = False,
) -> Article:
    """An article; `age` is how long before it was first seen it was published, in ms."""
    seen = version if first_seen is None else first_seen
    published = datetime.fromtimestamp((seen - age) / 1000, UTC)
    return Article(
        id=digest(name or title + text),
        version=version,
        first_seen=seen,
        feed_id="feed",
        feed_url="http://127.0.0.1/feed",
        outlet="وكالة المثال",
        guid=name,
        url=f"http://127.0.0.1/{name}",
        title=title,
        text=text,
        published=published,
        updated=None,
        month=month_of(published, seen),
        initial=initial,
    )


def annotated(made: Article) -> AnnotatedArticle:
    """The article with its known actors, found as the catalogue finds them, and nothing else."""
    from marsad.arabic.tokens import offset_in, tokenize  # noqa: PLC0415 - the values above need no more than the catalogue

    tokens = tokenize(made.content)
    spans: dict[str, list[Span]] = {}
    for mention in CATALOGUE.find([token.text for token in tokens]):
        start = offset_in(made.content, tokens[mention.at], mention.skip)
        spans.setdefault(mention.actor.id, []).append(Span(start, tokens[mention.at + mention.length - 1].end))
    entities = tuple(
        Entity(
            id=f"e{number}",
            type=CATALOGUE.actors[actor].type,
            kind=CATALOGUE.actors[actor].kind,
            name=CATALOGUE.actors[actor].name,
            actor=actor,
            mentions=tuple(found),
        )
        for number, (actor, found) in enumerate(spans.items(), 1)
    )
    return AnnotatedArticle(article=made, catalogue=CATALOGUE.version, entities=entities, events=())


def story_article(made: Article, *, story: str = "") -> StoryArticle:
    """The article in a story, its own where none is named."""
    membership = Membership(story=story or made.id, relation="joined" if story else "new")
    return StoryArticle(annotated=annotated(made), membership=membership)


def event() -> Event:
    """A killing."""
    return Event(type="ASSAULT", mode="firearms", anchor=Span(0, 3), actors=("e1",), recipients=("@CVL",), dead=3)


def alert(*, rule: str = "daesh", story: str = "story", receivers: tuple[str, ...] = ("file",)) -> Alert:
    """An alert of that rule about that story."""
    number = alert_id(rule, story)
    return Alert(
        id=number,
        rule=rule,
        query="داعش",
        story=story,
        article=story,
        version=NOW,
        outlet="وكالة المثال",
        url="http://127.0.0.1/1",
        title="هجوم لداعش",
        published=NOW - HOUR,
        fetched=NOW,
        decided=NOW + 5,
        reasons=(Reason(term="داعش", surface="داعش", form="لداعش", span=Span(6, 10), excerpt="هجوم لداعش في البادية"),),
        notifications=tuple(Notification(id=notification_id(number, name), receiver=name) for name in receivers),
    )
