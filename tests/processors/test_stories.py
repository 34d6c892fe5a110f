"""Which story an article joins, and why: decisions in a stream of articles in memory."""

import pytest

from marsad.annotation import AnnotatedArticle, Entity, Event, Membership, Span
from marsad.article import Article
from processors.stories import BEARERS, WINDOW_MS, Rules, story_data
from processors.storystream import StoryStream
from tests.processors.reports import BOILERPLATE, LEAD, OTHER, REPORT
from tests.samples import HOUR, NOW, annotated, article

FIRE = (
    "اندلع حريق كبير فجر اليوم في مصنع للنسيج بمدينة المحلة الكبرى، وأصيب ستة عمال باختناق نقلوا إلى المستشفى العام. "
    "وقال مصدر في الحماية المدنية إن عشر سيارات إطفاء شاركت في إخماد النيران التي أتت على مخزن القطن. "
    "ورجح المصدر أن يكون تماس كهربائي في ورشة الغزل سبب الحريق، وقدر صاحب المصنع خسائره بملايين الجنيهات، "
    "فيما باشرت النيابة التحقيق واستمعت إلى أقوال عمال الوردية الليلية."
)
FIRE_RETOLD = (
    "التهمت النيران مخزن القطن في أحد مصانع النسيج بالمحلة، واختنق ستة من العمال جراء الدخان. "
    "واستعانت الحماية المدنية بسيارات إطفاء من مدن مجاورة قبل السيطرة على الحريق ظهرا. "
    "وتشير المعاينة الأولية إلى تماس كهربائي في ورشة الغزل، وبلغت الخسائر ملايين الجنيهات بحسب صاحب المصنع، "
    "وتحقق النيابة مع مسؤولي الوردية الليلية في سبب تعطل أجهزة الإنذار."
)
ANOTHER_FIRE = (
    "شب حريق آخر مساء في سوق للأخشاب وسط المحلة الكبرى، بعد ساعات من حريق أتى على مصنع للنسيج في المدينة. "
    "ولم تسجل إصابات بين التجار، وبدأت النيابة المعاينة. وأتى الحريق على ثلاثة محال لبيع الأبواب والنوافذ الخشبية، "
    "وقطعت شركة الكهرباء التيار عن الشارع المجاور، ووعد رئيس الحي بصرف تعويضات لأصحاب المحال المتضررة خلال أسبوعين."
)
ROUNDUP = "موجز أنباء اليوم"


def membership(stream: StoryStream, made: Article) -> Membership:
    found = stream.add(story_data(annotated(made)))
    assert found is not None
    return found


def joined(*articles: Article, rules: Rules = Rules()) -> list[str]:  # noqa: B008 - a value that never changes
    """For each article the number of the story it is in, by the place of its first article."""
    stream = StoryStream(rules)
    numbers = {made.id: str(place) for place, made in reversed(list(enumerate(articles)))}
    return [numbers[membership(stream, made).story] for made in articles]


def test_a_rewrite_joins_and_names_the_words_that_say_so() -> None:
    stream = StoryStream()
    first = article(FIRE, title="حريق في مصنع نسيج بالمحلة", name="a")
    membership(stream, first)
    found = membership(
        stream, article(FIRE_RETOLD, title="إصابة عمال في حريق مصنع المحلة", name="b", version=NOW + HOUR)
    )
    assert (found.story, found.relation, found.how, found.nearest) == (first.id, "joined", "likeness", first.id)
    assert found.similarity is not None
    assert found.similarity >= Rules().likeness
    assert {"النسيج", "القطن"} & set(found.shared)
    assert len(found.shared) <= 6


def test_another_happening_of_the_kind_in_the_same_town_is_a_story_of_its_own() -> None:
    assert joined(
        article(FIRE, title="حريق في مصنع نسيج بالمحلة", name="a"),
        article(ANOTHER_FIRE, title="حريق ثان في المحلة", name="b", version=NOW + HOUR),
    ) == ["0", "1"]


def test_likeness_ends_with_the_window_and_can_be_turned_off() -> None:
    first = article(FIRE, title="حريق في مصنع نسيج بالمحلة", name="a")
    later = article(FIRE_RETOLD, title="إصابة عمال في حريق مصنع المحلة", name="b", version=NOW + WINDOW_MS + 1)
    soon = article(FIRE_RETOLD, title="إصابة عمال في حريق مصنع المحلة", name="b", version=NOW + HOUR)
    assert joined(first, later) == ["0", "1"]
    assert joined(first, soon) == ["0", "0"]
    assert joined(first, soon, rules=Rules(likeness=1.0)) == ["0", "1"]


def test_a_round_up_joins_nothing_and_takes_nothing_in_but_its_copies() -> None:
    report = article(FIRE, title="حريق في مصنع نسيج بالمحلة", name="a")
    roundup = article(FIRE + OTHER, title=ROUNDUP, name="b")
    assert joined(report, roundup, article(FIRE_RETOLD, title="حريق مصنع المحلة", name="c")) == ["0", "1", "0"]
    assert joined(roundup, report) == ["0", "1"]
    assert joined(roundup, article(LEAD + FIRE + OTHER, title=ROUNDUP, name="c")) == ["0", "0"]


RAID = "اعتقلت قوة أمنية أربعة مطلوبين من خلايا التنظيم خلال مداهمة منزل في {}، وصادرت عبوات ناسفة وأسلحة خفيفة وأجهزة اتصال."


def raid(place: str, who: str, name: str) -> AnnotatedArticle:
    """A raid of one actor in one place, told in words that differ by the place alone."""
    made = article(
        "في عملية نفذت صباح اليوم. " * (name == "b") + RAID.format(place), title=f"اعتقالات في {place}", name=name
    )
    return AnnotatedArticle(
        article=made,
        catalogue="",
        entities=(
            Entity(id="e1", type="LOC", kind="place", name=place, mentions=(Span(12, 12 + len(place)),)),
            Entity(id="e2", type="ORG", kind="armed_group", name=who, mentions=(Span(0, 1),)),
        ),
        events=(Event(type="COERCE", mode="arrest", anchor=Span(0, 1), actors=("e2",), recipients=()),),
    )


@pytest.mark.parametrize(
    ("place", "who", "relation"),
    [("الرقة", "قسد", "joined"), ("إدلب", "هيئة تحرير الشام", "new"), ("الرقة", "هيئة تحرير الشام", "joined")],
)
def test_others_who_did_the_same_in_another_place_did_something_else(place: str, who: str, relation: str) -> None:
    stream = StoryStream(Rules(similarity=1.0))
    stream.add(story_data(raid("الرقة", "قسد", "a")))
    found = stream.add(story_data(raid(place, who, "b")))
    assert found is not None
    assert found.relation == relation


def test_the_most_similar_article_gives_the_story_and_of_equals_the_first() -> None:
    half = REPORT[: len(REPORT) // 2] + OTHER
    assert joined(
        article(half, title="نصف", name="a"),
        article(REPORT, title="أول", name="b"),
        article(LEAD + REPORT, title="ثان", name="c"),
    ) in (["0", "0", "0"], ["0", "1", "1"])
    assert joined(article(OTHER, name="a"), article(REPORT, name="b"), article(REPORT + LEAD, name="c")) == [
        "0",
        "1",
        "1",
    ]


def test_a_stream_joins_copies_within_the_window_and_not_beyond() -> None:
    assert joined(
        article(REPORT, name="a"),
        article(OTHER, name="b", version=NOW + 1),
        article(LEAD + REPORT, name="c", version=NOW + WINDOW_MS),
        article(BOILERPLATE + REPORT, name="d", version=NOW + 2 * WINDOW_MS + 1),
    ) == ["0", "1", "0", "3"]


def test_a_newer_version_stays_in_its_story_and_an_older_one_says_nothing() -> None:
    stream = StoryStream()
    first = membership(stream, article(REPORT, name="a", version=NOW + 5))
    edit = membership(stream, article(OTHER, name="a", version=NOW + 6))
    assert edit == Membership(story=first.story, relation="edit")
    assert stream.add(story_data(annotated(article(REPORT, name="a", version=NOW + 6)))) is None
    assert stream.add(story_data(annotated(article(REPORT, name="a", version=NOW + 4)))) is None
    assert membership(stream, article(LEAD + OTHER, name="b", version=NOW + 7)).story == first.story
    assert membership(stream, article(REPORT, name="c", version=NOW + 8)).relation == "new"


def test_a_copy_is_found_behind_more_articles_with_the_same_closing_line_than_are_looked_at() -> None:
    stream = StoryStream()
    first = membership(stream, article(REPORT + BOILERPLATE, title="أول", name="first"))
    for number in range(BEARERS + 50):
        text = " ".join(f"كلمة{number} رقم{at}" for at in range(30))
        membership(stream, article(text + BOILERPLATE, title=f"خبر{number}", name=str(number)))
    assert membership(stream, article(LEAD + REPORT + BOILERPLATE, name="copy")).story == first.story


def test_an_article_without_text_is_known_by_its_title_and_one_without_words_by_nothing() -> None:
    assert joined(
        article(" \n", title="عنوان الخبر", name="a"),
        article("", title="عنوان الخبر", name="b"),
        article("", title="…", name="c"),
    ) == ["0", "0", "2"]
