"""What every search store has to do: one suite, which each adapter's tests inherit and give a fixture `store`."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexers.query.ast import And, Or, Query, Spelling, TimeRange
from indexers.query.live import Matcher
from indexers.query.parse import parse
from indexers.store import SearchStore
from marsad.annotation import AnnotatedArticle, Entity, Event, EventType, Membership, Span, StoryArticle
from marsad.article import digest
from marsad.message import Partition
from tests.samples import CATALOGUE, HOUR, NOW, annotated, article, story_article

HERE = Partition("marsad.stories", 0)

TEXTS = {
    "attack": "هجوم لداعش على حاجز لقسد في دير الزور",
    "plural": "القبض على اثنين من الدواعش",
    "long-name": "أعلن تنظيم الدولة الإسلامية مسؤوليته عن التفجير",
    "marks": "دَاعِـــش تتراجع",
    "presentation": "خلية من ﺩﺍﻋﺶ في المدينة",
    "intent": "قصد الوزير تدشين عشر مدارس وبيع القسدير",
    "enthusiasm": "استقبل الجمهور الفريق بحماس كبير",
    "hamas": "وفد من حماس يصل القاهرة",
    "raid": "الطيران يشن غارة جوية، وغارة جوية ثانية قرب المطار",
    "raid-split": "غارة. جوية",
    "the-raid": "بالغارة الجوية قتل اثنان",
    "year": "داعش2014 في #داعش_في_سيناء",
}


def stored(store: SearchStore) -> dict[str, StoryArticle]:
    """Fill the store with one article for each text."""
    made = {
        name: story_article(article(text, name=name, age=number)) for number, (name, text) in enumerate(TEXTS.items())
    }
    store.index(list(made.values()), {HERE: len(made)})
    return made


def ids(store: SearchStore, query: str) -> list[str]:
    return [found.article.guid for found in store.search(parse(query, CATALOGUE), limit=100).articles]


def spellings() -> st.SearchStrategy[Query]:
    words = st.sampled_from("داعش قسد غاره جويه حماس القاعده دير الزور للداعش بغاره لا isis 2014".split())
    return st.builds(
        lambda found, attached: Spelling(tuple(found), attached, " ".join(found)),
        st.lists(words, min_size=1, max_size=3),
        st.sampled_from(["forms", "proclitics", "nothing"]),
    )


def queries() -> st.SearchStrategy[Query]:
    terms: st.SearchStrategy[Query] = spellings() | st.sampled_from(
        [
            parse(text, CATALOGUE)
            for text in (
                "داعش",
                "قسد",
                "حماس",
                '"غارة جوية"',
                "title:غارة",
                'title:"غارة جوية"',
                "event:ASSAULT",
                "event:ASSAULT/aerial",
                "event:COERCE",
                "place:دير",
                'place:"دير الزور"',
                "source:المثال",
                'source:"المثال وكالة"',
                "source:feed2",
                "actor:isis",
            )
        ]
    )
    return st.recursive(
        terms,
        lambda inner: (
            st.builds(lambda parts: Or(tuple(parts)), st.lists(inner, min_size=2, max_size=3))
            | st.builds(
                lambda must, must_not: And(tuple(must), tuple(must_not)),
                st.lists(inner, min_size=1, max_size=3),
                st.lists(inner, max_size=2),
            )
        ),
        max_leaves=6,
    )


NEWS = st.lists(
    st.sampled_from(
        "داعش لداعش الداعش وبداعش قسد بقسد القسد غارة الغارة للغارة بغارة جوية الجوية حماس بحماس كبير القاعدة للقاعدة "
        "الدواعش تنظيم الدولة الإسلامية دير الزور لدير داعـش ﺩﺍﻋﺶ لا للا ISIS لـISIS 2014 ٢٠١٤ داعش2014 . ، « »".split()
    ),
    max_size=12,
).map(" ".join)


PLACES = ("دير الزور", "دير", "الزور")
KINDS: tuple[tuple[EventType, str | None], ...] = (("ASSAULT", "aerial"), ("ASSAULT", None), ("COERCE", "arrest"))


@st.composite
def news(draw: st.DrawFn) -> AnnotatedArticle:
    """An article with actors as the catalogue finds them, and with a place, events and an outlet drawn at will."""
    text = draw(NEWS)
    made = article(text, title=text[:15])
    made = msgspec.structs.replace(
        made,
        outlet=draw(st.sampled_from(["وكالة المثال", "المثال", "صحيفة"])),
        feed_id=draw(st.sampled_from(["feed", "feed2", ""])),
    )
    found = annotated(made)
    where = draw(st.sampled_from([None, *PLACES]))
    place = Entity(id="e99", type=draw(st.sampled_from(["LOC", "ORG"])), kind="place", name=where or "", mentions=())
    events = tuple(
        Event(type=kind, mode=mode, anchor=Span(0, 1), actors=(), recipients=(), place=scene)
        for kind, mode in draw(st.lists(st.sampled_from(KINDS), max_size=2))
        for scene in draw(st.sampled_from([(None,), ("e99",)]))
    )
    entities = (*found.entities, place) if where else found.entities
    return msgspec.structs.replace(found, entities=entities, events=events)


class SearchStoreContract:
    """Subclasses give a fixture `store`, empty."""

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("داعش", {"attack", "plural", "long-name", "marks", "presentation", "year"}),
            ("قسد", {"attack"}),
            ("داعش قسد", {"attack"}),
            ("داعش -قسد", {"plural", "long-name", "marks", "presentation", "year"}),
            ("حماس", {"hamas"}),
            ("forms:حماس", {"hamas", "enthusiasm"}),
            ('"غارة جوية"', {"raid", "raid-split"}),
            ("غارة", {"raid", "raid-split", "the-raid"}),
            ("=داعش", {"marks", "presentation", "year"}),
            ("2014", {"year"}),
            ("قسد OR حماس", {"attack", "hamas"}),
            ("سيناء", {"year"}),
            ("لاشيء", set()),
        ],
    )
    def test_a_query_finds(self, store: SearchStore, query: str, expected: set[str]) -> None:
        stored(store)
        result = store.search(parse(query, CATALOGUE), limit=100)
        assert {found.article.guid for found in result.articles} == expected
        assert result.total == len(expected)

    def test_the_newest_come_first_and_a_limit_holds(self, store: SearchStore) -> None:
        made = [story_article(article("داعش", name=str(hours), age=hours * HOUR)) for hours in (5, 1, 3, 2, 4)]
        store.index(made, {})
        result = store.search(parse("داعش", CATALOGUE), limit=3)
        assert [found.article.guid for found in result.articles] == ["1", "2", "3"]
        assert result.total == 5

    def test_articles_of_the_same_moment_are_all_kept(self, store: SearchStore) -> None:
        store.index([story_article(article("داعش", name=str(number))) for number in range(30)], {})
        assert store.count() == 30
        assert len(ids(store, "داعش")) == 30

    def test_positions_are_kept_with_the_documents(self, store: SearchStore) -> None:
        assert store.positions() == {}
        store.index([], {HERE: 3})
        store.index([story_article(article())], {HERE: 4, Partition("marsad.stories", 1): 9})
        assert store.positions() == {HERE: 4, Partition("marsad.stories", 1): 9}

    def test_a_repeat_has_no_effect(self, store: SearchStore) -> None:
        made = stored(store)
        store.index(list(made.values()), {HERE: len(made)})
        assert store.count() == len(made)
        assert len(ids(store, "حماس")) == 1

    def test_an_edit_replaces_what_was_there(self, store: SearchStore) -> None:
        store.index([story_article(article("هجوم لداعش", name="a"))], {})
        edited = story_article(article("هجوم لقسد", name="a", version=NOW + 1, first_seen=NOW))
        store.index([edited], {})
        assert store.count() == 1
        assert ids(store, "داعش") == []
        assert ids(store, "قسد") == ["a"]
        assert store.get(edited.article.id) == edited

    def test_an_older_version_changes_nothing(self, store: SearchStore) -> None:
        newer = story_article(article("هجوم لقسد", name="a", version=NOW + 1, first_seen=NOW))
        store.index([newer], {})
        store.index([story_article(article("هجوم لداعش", name="a"))], {})
        assert store.get(newer.article.id) == newer
        assert ids(store, "داعش") == []

    def test_the_same_version_annotated_anew_replaces_what_was_there(self, store: SearchStore) -> None:
        before = story_article(article("هجوم لداعش", name="a"))
        unknown = msgspec.structs.replace(before, annotated=msgspec.structs.replace(before.annotated, entities=()))
        store.index([unknown], {})
        assert ids(store, "داعش") == []
        store.index([before], {})
        assert ids(store, "داعش") == ["a"]
        assert store.count() == 1

    def test_an_edit_may_move_an_article_in_time(self, store: SearchStore) -> None:
        first = article("داعش", name="a", age=5 * HOUR)
        store.index([story_article(first), story_article(article("داعش", name="b", age=HOUR))], {})
        moved = article("داعش", name="a", version=NOW + 1, first_seen=NOW, age=0)
        store.index([story_article(moved)], {})
        assert ids(store, "داعش") == ["a", "b"]

    def test_versions_of_one_article_in_one_batch_end_with_the_newest(self, store: SearchStore) -> None:
        versions = [
            story_article(article(text, name="a", version=NOW + number, first_seen=NOW))
            for number, text in enumerate(["هجوم لداعش", "هجوم لقسد", "غارة"])
        ]
        store.index([versions[0], versions[2], versions[1]], {})
        assert ids(store, "غارة") == ["a"]
        assert ids(store, "داعش OR قسد") == []

    def test_title_and_text_are_searched_and_no_phrase_runs_across(self, store: SearchStore) -> None:
        store.index([story_article(article("جوية على المدينة", title="غارة", name="a"))], {})
        assert ids(store, "غارة جوية") == ["a"]
        assert ids(store, '"غارة جوية"') == []

    def test_an_article_that_is_not_there_is_none(self, store: SearchStore) -> None:
        assert store.get("0" * 32) is None

    def test_an_article_without_words_is_kept(self, store: SearchStore) -> None:
        empty = story_article(article("...", title="", name="a"))
        store.index([empty], {})
        assert store.get(empty.article.id) == empty

    def test_it_finds_exactly_what_the_live_matcher_meets(self, store: SearchStore) -> None:
        @settings(max_examples=200, deadline=None)
        @given(drawn=st.lists(news(), min_size=1, max_size=4), query=queries())
        def holds(drawn: list[AnnotatedArticle], query: Query) -> None:
            matcher = Matcher({"query": query})
            made = [as_stored(one, name=f"{number} {store.count()}") for number, one in enumerate(drawn)]
            store.index(made, {})
            found = {one.article.id for one in store.search(query, limit=100_000).articles}
            for one in made:
                assert (one.article.id in found) == bool(matcher.match(one.annotated)), (one.annotated, query)

        holds()

    def test_many_queries_at_once_are_met_as_each_is_alone(self, store: SearchStore) -> None:
        @settings(max_examples=100, deadline=None)
        @given(one=news(), asked=st.lists(queries(), min_size=1, max_size=6))
        def holds(one: AnnotatedArticle, asked: list[Query]) -> None:
            together = Matcher({str(number): query for number, query in enumerate(asked)}).match(one)
            alone = {
                str(number): hits["query"]
                for number, query in enumerate(asked)
                if "query" in (hits := Matcher({"query": query}).match(one))
            }
            assert together == alone
            assert list(together) == list(alone)

        assert store.count() == 0
        holds()

    def test_fields_are_searched(self, store: SearchStore) -> None:
        raid = as_stored(annotated(article("غارة قرب دير الزور", title="خبر", name="raid")), name="raid")
        place = Entity(id="e9", type="LOC", kind="place", name="دير الزور", english="Deir ez-Zor", mentions=())
        event = Event(type="ASSAULT", mode="aerial", anchor=Span(4, 8), actors=(), recipients=(), place="e9")
        known = msgspec.structs.replace(raid.annotated, entities=(place,), events=(event,))
        store.index([msgspec.structs.replace(raid, annotated=known)], {})
        store.index([story_article(article("مطر", title="غارة", name="rain"))], {})
        guid = raid.article.guid
        for query in (
            'place:"دير الزور"',
            'place:"deir ez-zor"',
            "event:assault",
            "حدث:ASSAULT/aerial",
            "غارة event:ASSAULT",
        ):
            assert ids(store, query) == [guid], query
        assert ids(store, "event:ASSAULT/drone") == []
        assert ids(store, "place:الزور") == []
        assert ids(store, "title:غارة") == ["rain"]
        assert ids(store, "غارة -event:ASSAULT") == ["rain"]
        assert len(ids(store, "source:المثال")) == len(ids(store, "مصدر:feed")) == 2
        assert ids(store, "source:غارة") == []

    def test_a_time_range_holds_to_the_second(self, store: SearchStore) -> None:
        store.index([story_article(article("داعش", name=str(hours), age=hours * HOUR)) for hours in range(5)], {})

        def found(times: TimeRange) -> list[str]:
            result = store.search(parse("داعش", CATALOGUE), limit=10, times=times)
            assert result.total == len(result.hits)
            return [one.guid for one in (article.article for article in result.articles)]

        assert found(TimeRange(since=NOW - 2 * HOUR)) == ["0", "1", "2"]
        assert found(TimeRange(until=NOW - 2 * HOUR)) == ["3", "4"]
        assert found(TimeRange(since=NOW - 3 * HOUR, until=NOW - HOUR)) == ["2", "3"]
        assert found(TimeRange(since=NOW + HOUR)) == []

    def test_pages_go_on_where_the_last_ended_whatever_comes_in(self, store: SearchStore) -> None:
        store.index(
            [story_article(article("داعش", name=str(number), age=number // 3 * 1000)) for number in range(9)], {}
        )
        seen: list[str] = []
        before = None
        while True:
            result = store.search(parse("داعش", CATALOGUE), limit=2, before=before)
            if not result.hits:
                break
            seen += [hit.article.article.guid for hit in result.hits]
            before = result.hits[-1].place
            store.index([story_article(article("داعش", name=f"new {before}"))], {})
        assert sorted(seen) == [str(number) for number in range(9)]

    def test_the_best_say_it_most(self, store: SearchStore) -> None:
        texts = {"once": "غارة مطر شمس", "thrice": "غارة غارة غارة", "never": "مطر"}
        store.index([story_article(article(text, name=name, title=".")) for name, text in texts.items()], {})
        result = store.search(parse("غارة", CATALOGUE), limit=10, best=True)
        assert [one.article.guid for one in result.articles] == ["thrice", "once"]

    def test_it_counts_up_to_a_bound(self, store: SearchStore, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(f"{type(store).__module__}.COUNTED", 3)
        store.index([story_article(article("داعش", name=str(number))) for number in range(3)], {})
        assert store.search(parse("داعش", CATALOGUE), limit=10)[1:] == (3, True)
        store.index([story_article(article("داعش", name="more"))], {})
        result = store.search(parse("داعش", CATALOGUE), limit=10)
        assert (len(result.hits), result.total, result.exact) == (4, 3, False)
        assert len(store.search(parse("داعش", CATALOGUE), limit=10, best=True).hits) == 3


def as_stored(made: AnnotatedArticle, *, name: str) -> StoryArticle:
    """The annotated article under another id."""
    renamed = msgspec.structs.replace(made.article, id=digest(name), guid=name)
    annotated_again = msgspec.structs.replace(made, article=renamed)
    return StoryArticle(annotated=annotated_again, membership=Membership(story=renamed.id, relation="new"))
