"""What an article tells of its own, and what it only refers to."""

import pytest

from marsad.arabic.tokens import terms
from processors.frequencies import frequencies
from processors.gist import READ_CHARS, Reading, background_at, is_roundup, read, tells_another
from tests.samples import annotated, article


def reading(text: str, title: str = "عنوان") -> Reading:
    return read(annotated(article(text, title=title)))


def words(found: Reading, *, own: bool) -> set[str]:
    return {word.surface for word in found.words if word.own == own}


@pytest.mark.parametrize(
    ("written", "stem"),
    [
        ("والمسلحون", "مسلح"),
        ("مسلحين", "مسلح"),
        ("بالمدرسة", "مدرس"),
        ("للمدرسة", "مدرس"),
        ("وزارة", "وزار"),  # its first letter is no particle
        ("وسوريا", "سور"),
        ("دم", "دم"),
        ("2026", "2026"),
        ("Covid", "covid"),
    ],
)
def test_stems_leave_article_particles_and_endings_away(written: str, stem: str) -> None:
    assert frequencies().stem(terms(written)[0]) == stem


@pytest.mark.parametrize(
    ("sentence", "news"),
    [
        ("قتل ثلاثة في هجوم بعد يوم من هجوم آخر", "قتل ثلاثة في هجوم"),
        ("وكانت المدينة شهدت هجوما", ""),
        ("قتل ثلاثة قبل يومين في بلدة", "قتل ثلاثة"),
        ("قتل ثلاثة بعد العشاء", "قتل ثلاثة بعد العشاء"),
        ("", ""),
    ],
)
def test_background_is_cut_off(sentence: str, news: str) -> None:
    assert terms(sentence)[: background_at(terms(sentence))] == terms(news)


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("ثاني غارة على البلدة خلال ساعات", True),
        ("والهجوم هو الثاني من نوعه", True),
        ("في ثاني أيام القصف", True),
        ("بعد هجوم آخر في المنطقة", True),
        ("وفي حادث منفصل", True),
        ("غارة على البلدة", False),
        ("في الساعة الثانية ظهرا", False),
        ("يوم 3 تشرين الثاني", False),
        ("في الدفعة الثانية من المساعدات", False),
        ("وأصيب ثلاثة آخرون", False),
        ("قال مصدر آخر", False),
    ],
)
def test_another_happening_is_told_as_such(sentence: str, expected: bool) -> None:  # noqa: FBT001 - a column of the table
    assert tells_another(terms(sentence)) is expected


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        ("موجز الأنباء", "نص", True),
        ("أبرز أخبار اليوم", "نص", True),
        ("خبر", "1. زلزال في بلد. 2. فيضان في آخر. 3. قمة في ثالث.", True),
        ("خبر", "١ - زلزال. ٢ - فيضان. ٣ - قمة.", True),
        ("خبر", "أولا هذا، ثانيا ذاك، وثالثا غيرهما. ثالثا أخيرا", True),
        ("خبر", "فاز الفريق 2-1. وسجل 3 أهداف", False),
        ("نشر القوات", "نص", False),
    ],
)
def test_round_ups_are_known(title: str, text: str, expected: bool) -> None:  # noqa: FBT001 - a column of the table
    assert is_roundup(article(text, title=title)) is expected


def test_the_outlets_name_dates_and_closing_lines_are_no_news() -> None:
    found = reading("أعلنت وكالة المثال يوم الأحد زيارة الوفد.\nجميع الحقوق محفوظة للناشر")
    assert words(found, own=True) >= {"اعلنت", "زياره", "الوفد"}
    assert not {"المثال", "الاحد", "الحقوق", "للناشر"} & words(found, own=True)


def test_numbers_are_the_same_in_words_and_digits() -> None:
    keys = [{word.key for word in reading(text).words} for text in ("قتل أربعة", "قتل ٤")]
    assert keys[0] == keys[1]


def test_a_word_in_news_and_background_is_own() -> None:
    found = reading("وكان الهجوم عنيفا. شهدت البلدة هجوما وقصفا بعد ساعات من اشتباك")
    assert "الهجوم" in words(found, own=True)
    assert {"عنيفا", "اشتباك"} <= words(found, own=False)


def test_kinds_are_told_by_the_news_and_not_by_the_background() -> None:
    found = reading("اعتقلت الشرطة رجلا قبل أيام من زلزال ضرب البلاد")
    assert "arrest" in found.kinds
    assert "quake" not in found.kinds


def test_only_the_beginning_of_a_text_is_read() -> None:
    assert len(reading("كلمة مختلفة " * READ_CHARS).words) < 10
    assert "النهايه" not in words(reading("خبر " * READ_CHARS + "النهاية"), own=True)
