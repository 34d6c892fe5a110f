"""What every search store has to do: one suite, which each adapter's tests inherit and give a fixture `store`."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexers.query.ast import And, Or, Query, Spelling
from indexers.query.live import Matcher
from indexers.query.parse import parse
from indexers.store import SearchStore
from marsad.annotation import StoryArticle
from marsad.message import Partition
from tests.samples import CATALOGUE, HOUR, NOW, article, story_article

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
        [parse(text, CATALOGUE) for text in ("داعش", "قسد", "حماس", '"غارة جوية"')]
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
        @settings(max_examples=150, deadline=None)
        @given(texts=st.lists(NEWS, min_size=1, max_size=4), query=queries())
        def holds(texts: list[str], query: Query) -> None:
            matcher = Matcher({"query": query})
            made = [
                story_article(article(text, title=text[:15], name=f"{number} {text}", version=NOW + store.count()))
                for number, text in enumerate(texts)
            ]
            store.index(made, {})
            found = {one.article.id for one in store.search(query, limit=100_000).articles}
            for one in made:
                assert (one.article.id in found) == bool(matcher.match(one.annotated)), (one.article.content, query)

        holds()
