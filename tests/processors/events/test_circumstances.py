"""How, where, when, how real and how many."""

from datetime import datetime

import pytest

from marsad.annotation import Reality
from tests.processors.support import WEDNESDAY, annotate, only_event, written


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("قتل جنديان في هجوم", None),
        ("اغتيال قيادي في حماس", "targeted"),
        ("قتل مدنيان في غارة على غزة", "aerial"),
        ("قتل مدنيان بقصف جوي", "aerial"),
        ("قتل قيادي بضربة من طائرة مسيرة", "drone"),
        ("قتل جنديان بانفجار عبوة ناسفة", "explosives"),
        ("قتل مدنيان بقذائف هاون", "heavy-weapons"),
        ("قتل شرطي بإطلاق نار", "firearms"),
        ("قتل شرطي بالرصاص", "firearms"),
        ("قتل جنود في هجوم انتحاري", "suicide-attack"),
        ("اعتقال ثلاثة جنود", "arrest"),
    ],
)
def test_the_mode_is_how_it_was_done(text: str, mode: str | None) -> None:
    assert only_event(text).mode == mode


def test_each_of_two_events_has_its_own_mode() -> None:
    events = annotate(written("قتل جنديان بانفجار عبوة، وقتل مدني بالرصاص")).events
    assert [event.mode for event in events] == ["explosives", "firearms"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("قتل جنديان في دير الزور", "دير الزور"),
        ("قتل جنديان بحلب", "حلب"),
        ("قتل جنديان في ريف محافظة إدلب بسوريا", "إدلب"),
        ("غارة على غزة تقتل مدنيين", "غزة"),
        ("في بغداد، قتل جنديان", "بغداد"),
        ("قتلت إسرائيل مدنيا", None),
        ("قتل جنديان، وكان الوزير في بيروت", None),
        ("قتل جنديان", None),
    ],
)
def test_the_place_is_the_nearest_exact_one_and_no_party(text: str, place: str | None) -> None:
    annotated = annotate(written(text))
    named = {entity.id: entity.name for entity in annotated.entities}
    assert [event.place and named[event.place] for event in annotated.events] == [place]


@pytest.mark.parametrize(
    ("words", "date"),
    [
        ("اليوم", "2026-11-25"),
        ("أمس", "2026-11-24"),
        ("أول أمس", "2026-11-23"),
        ("يوم الأربعاء", "2026-11-25"),
        ("مساء الثلاثاء", "2026-11-24"),
        ("الخميس", "2026-11-19"),
        ("أمس الثلاثاء", "2026-11-24"),
        ("الجمعة والسبت", "2026-11-20"),
        ("يوم الإثنين 8 يونيو 2020", "2020-06-08"),
        ("ليل الإثنين 8 يونيو2020", "2020-06-08"),
        ("في 12 تشرين الأول 2025", "2025-10-12"),
        ("في ٤ تشرين الأول/أكتوبر", "2026-10-04"),
        ("في 30 ديسمبر", "2025-12-30"),
        ("في أكتوبر 2019", "2019-10"),
        ("في مايو الماضي", "2026-05"),
        ("عام 2014", "2014"),
        ("في 31 فبراير 2020", "2020-02"),
        ("في آب", None),
        ("فجأة", None),
    ],
)
def test_the_date_is_resolved_in_the_publishers_own_day(words: str, date: str | None) -> None:
    assert only_event(f"قتل جنديان في هجوم {words}", published=WEDNESDAY).date == date


def test_without_a_date_of_publication_only_full_dates_are_resolved() -> None:
    assert only_event("قتل جنديان أمس", published=None).date is None
    assert only_event("قتل جنديان في أكتوبر 2019", published=None).date == "2019-10"


def test_a_weekday_to_come_is_in_the_next_week() -> None:
    assert only_event("يعتزم داعش قتل جنديين الجمعة المقبل").date == "2026-11-27"


def test_the_day_is_that_of_the_publishers_offset() -> None:
    late = datetime.fromisoformat("2026-11-24T23:30:00-05:00")
    assert only_event("قتل جنديان اليوم", published=late).date == "2026-11-24"


def test_a_date_of_another_clause_is_not_taken() -> None:
    assert only_event("قتل جنديان، وقال الوزير أمس إن الأمن مستقر").date is None


@pytest.mark.parametrize(
    ("text", "reality"),
    [
        ("قتلت قسد جنديين", "actual"),
        ("لم تقتل قسد جنديين", "denied"),
        ("نفى داعش مقتل قيادي", "denied"),
        ("ولم يعلق الوزير على مقتل ثلاثة مدنيين بغارة", "actual"),
        ("إحباط محاولة اغتيال ضابط", "hypothetical"),
        ("مخاوف من مقتل مدنيين", "hypothetical"),
        ("خطط داعش لقتل الصحفيين", "planned"),
        ("يعتزم الجيش السوري اعتقال مسلحين", "planned"),
    ],
)
def test_the_reality_is_what_the_words_before_say(text: str, reality: Reality) -> None:
    assert only_event(text).reality == reality


@pytest.mark.parametrize(
    ("text", "dead", "injured"),
    [
        ("قتل ثلاثة جنود وأصيب خمسة في هجوم", 3, 5),
        ("قتل ١٢ مدنيا وجرح ٤٠ آخرون في غارة", 12, 40),
        ("مقتل أحد عشر شخصا بقصف وإصابة عشرين", 11, 20),
        ("مقتل ما لا يقل عن 17 مدنيا بغارة", 17, None),
        ("مقتل أكثر من 100 مدني بغارة", 100, None),
        ("مقتل جنديين بهجوم", 2, None),
        ("مقتل جندي بهجوم", 1, None),
        ("مقتل عشرات المدنيين بغارة", None, None),
        ("قتل 90٪ من عناصر داعش", None, None),
        ("مقتل مدنيين بغارة", None, None),
        ("مقتل القيادي «سامر الخالد» بغارة", 1, None),
        ("نفى داعش مقتل ثلاثة جنود", None, None),
        ("اعتقال ثلاثة جنود", None, None),
        ("ثلاثة جنود قتلوا وأصيب عشرة بهجوم", 3, 10),
        ("قتل جندي وأصيب أحد عشر آخرون في هجوم", 1, 11),
        ("قتل جندي وسقط اثنا عشر جريحا في هجوم", 1, 12),
    ],
)
def test_numbers_are_those_that_the_text_gives(text: str, dead: int | None, injured: int | None) -> None:
    event = only_event(text)
    assert (event.dead, event.injured) == (dead, injured)


@pytest.mark.parametrize("text", ["وقتل جنديان", "لاغتيال ضابط في بغداد", "بمقتل جنديين"])
def test_the_anchor_leaves_out_what_is_attached_before(text: str) -> None:
    (event,) = annotate(written(text)).events
    assert event.anchor.start == 2


@pytest.mark.parametrize(
    "word", ["قتل ", "قتل زعيم ", "قتل ثلاثة مدنيين في غارة لداعش و", "القبض على ", "«", "القيادي «محمد علي» "]
)
def test_a_text_without_end_is_annotated_in_seconds(word: str) -> None:
    annotate(written(word * (60_000 // len(word))))
