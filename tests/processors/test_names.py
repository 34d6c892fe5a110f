"""Names that the catalogue does not know: spans, kinds, who is the same, what is left to the catalogue, and bounds."""

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marsad.annotation import AnnotatedArticle
from marsad.arabic.clitics import names
from processors.names.choice import proclitics
from processors.names.features import core
from processors.names.find import find_names
from processors.names.lists import head_kind, is_usual
from processors.names.same import Name, fullest
from processors.names.tagger import Tagged, tagger
from processors.reading import Gap, Reading
from tests.processors.support import annotate, surfaces, written

MEETING = (
    "التقى وزير الخارجية التونسي خميس الجهيناوي بنظيره الجزائري عبد القادر مساهل في قصر قرطاج. "
    "وقال الجهيناوي إن مساهل دعا إلى الحوار."
)


def found(text: str) -> list[tuple[str, str]]:
    """The surfaces with their types, in order."""
    annotated = annotate(written(text))
    content = annotated.article.content
    spans = [(span, entity.type) for entity in annotated.entities for span in entity.mentions]
    return [(content[slice(*span)], type_) for span, type_ in sorted(spans)]


def kinds(annotated: AnnotatedArticle) -> dict[str, str]:
    """The kind of every entity, by its name."""
    return {entity.name: entity.kind for entity in annotated.entities}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("أعلن الرئيس دونالد ترامب القرار في واشنطن", [("دونالد ترامب", "PER"), ("واشنطن", "LOC")]),
        ("وصل العقيد سالم بن ناصر إلى باريس", [("سالم بن ناصر", "PER"), ("باريس", "LOC")]),
        ("شهدت مدينة مرسيليا ومحافظة أسوان حريقين", [("مرسيليا", "LOC"), ("أسوان", "LOC")]),
        ("انفجار في مطار قرطاج الدولي", [("مطار قرطاج الدولي", "LOC")]),
        ("أعلنت وزارة الداخلية التونسية القبض على متهم", [("وزارة الداخلية التونسية", "ORG")]),
        ("نقلت الصحف عن منظمة العفو الدولية قولها", [("منظمة العفو الدولية", "ORG")]),
        ("اعتقلت الشرطة الفرنسية رجلا في مرسيليا", [("الشرطة الفرنسية", "ORG"), ("مرسيليا", "LOC")]),
        ("قتل جندي من كتيبة خالد بن الوليد", [("كتيبة خالد بن الوليد", "ORG")]),
    ],
)
def test_a_name_is_found_without_titles_and_with_the_words_that_belong_to_it(
    text: str, expected: list[tuple[str, str]]
) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    ("word", "stem", "skip"),
    [
        ("بباريس", "باريس", 1),
        ("وبصفاقس", "صفاقس", 2),
        ("باريس", "باريس", 0),
        ("بيروت", "بيروت", 0),
        ("ولبنان", "لبنان", 1),
        ("لبنان", "لبنان", 0),
        ("للمغرب", "المغرب", 1),
        ("كوريا", "كوريا", 0),
    ],
)
def test_what_is_attached_to_a_place_is_told_from_its_own_letters(word: str, stem: str, skip: int) -> None:
    assert proclitics(word, "LOC", frozenset()) == (stem, skip)


def test_a_name_that_lost_its_alef_is_called_with_it() -> None:
    (entity,) = annotate(written("وقال متحدث إن المساعدات سلمت للجيش المصري")).entities
    assert entity.name == "الجيش المصري"
    assert [span.start for span in entity.mentions] == [len("\nوقال متحدث إن المساعدات سلمت ل")]


def test_a_person_named_in_full_is_the_one_of_the_last_name() -> None:
    annotated = annotate(written(MEETING))
    people = {entity.name: len(entity.mentions) for entity in annotated.entities if entity.type == "PER"}
    assert people == {"خميس الجهيناوي": 2, "عبد القادر مساهل": 2}


@pytest.mark.parametrize(
    ("type_", "short", "full", "same"),
    [
        ("PER", "ترامب", "دونالد ترامب", True),
        ("PER", "صدام", "صدام حسين", True),
        ("PER", "محمد ظريف", "محمد جواد ظريف", True),
        ("PER", "ايفانكا ترامب", "دونالد ترامب", False),
        ("ORG", "النهضه", "حركه النهضه", True),
        ("ORG", "الدفاع", "وزاره الدفاع", True),
        ("ORG", "المركزي", "البنك المركزي التونسي", False),
        ("LOC", "حلب", "ريف حلب", False),
    ],
)
def test_short_names_lead_to_the_full_one_by_rules_of_their_type(
    type_: str, short: str, full: str, *, same: bool
) -> None:
    one, other = (Name(type_, tuple(words.split())) for words in (short, full))  # type: ignore[arg-type] # the table holds plain strings
    assert (fullest([one, other])(one) == other) is same
    assert fullest([one, other])(other) == other


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        ("قالت المحكمة الإدارية إن الحكم نهائي", "المحكمة الإدارية", "judiciary"),
        ("أعلنت وزارة الصحة التونسية ذلك في بيان", "وزارة الصحة التونسية", "government"),
        ("قال حزب الوفاء التونسي في بيان", "حزب الوفاء التونسي", "party"),
        ("نقلت وكالة الأنباء الألمانية عن مصادر", "وكالة الأنباء الألمانية", "media"),
        ("أوقفت الشرطة التونسية رجلا", "الشرطة التونسية", "security_force"),
        ("طالبت منظمة العفو الدولية بالتحقيق", "منظمة العفو الدولية", "ngo"),
        ("سافر الوفد إلى باريس", "باريس", "place"),
    ],
)
def test_the_kind_follows_from_the_first_words(text: str, name: str, kind: str) -> None:
    assert kinds(annotate(written(text)))[name] == kind


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("اشتباكات في أحياء حمص القديمة", [("homs", "حمص")]),
        ("قتلت قوة من الجيش عناصر تنظيم الدولة انسحبوا", [("daesh", "تنظيم الدولة")]),
    ],
)
def test_what_the_catalogue_knows_stays_as_it_knows_it(text: str, expected: list[tuple[str, str]]) -> None:
    assert surfaces(annotate(written(text))) == expected


def test_another_bearer_of_a_known_name_is_somebody_else() -> None:
    annotated = annotate(written("بلال أردوغان يرأس وقفا في باريس"))
    assert [(entity.name, entity.actor) for entity in annotated.entities if entity.type == "PER"] == [
        ("بلال أردوغان", None)
    ]


def test_a_word_that_the_catalogue_refused_is_no_name_either() -> None:
    assert found("عمل المتطوعون بكل حماس وطبق حمص بالطحينة") == []


def test_lists_and_heads_are_read() -> None:
    assert is_usual("الذي")
    assert not is_usual("الجهيناوي")
    assert head_kind(["محكمه", "النقض"]) == "judiciary"
    assert head_kind(["كلمه"]) is None
    assert [core(word) for word in ("وللوزير", "بالعراق", "والعراق", "حلب")] == ["وزير", "عراق", "عراق", "حلب"]


words = st.sampled_from(
    [*MEETING.split(), "وزارة", "كتيبة", "للجيش", "(", "»", "«", "،", ".", "\n", "x", "حزب", "الله"]
)
texts = st.lists(words, max_size=60).map(" ".join)


@settings(deadline=None)
@given(texts)
def test_found_names_lie_apart_cross_no_mark_and_are_what_their_tokens_say(text: str) -> None:
    reading = Reading(text)
    found_names = find_names(reading, [], [])
    assert all(one.end <= other.at for one, other in pairwise(found_names))
    for name in found_names:
        assert all(gap < Gap.MARK for gap in reading.gaps[name.at + 1 : name.end])
        assert (name.words[0], name.skip) in names(reading.words[name.at])
        assert list(name.words[1:]) == reading.words[name.at + 1 : name.end]


@settings(deadline=None)
@given(texts, st.integers(0, 20))
def test_what_is_known_is_never_called_nothing(text: str, at: int) -> None:
    reading = Reading(text)
    if at < len(reading.words):
        tagged = tagger()(reading, [Tagged(at, at + 1, "ORG")])
        assert any(it.at <= at < it.end for it in tagged)


def test_a_text_without_a_stop_costs_in_proportion_to_its_length() -> None:
    took = []
    for size in (10_000, 80_000):
        text = (MEETING.replace(".", "") + " ") * (size // 20)
        began = time.process_time()
        annotate(written(text))
        took.append(time.process_time() - began)
    assert took[1] < 30 * took[0]
