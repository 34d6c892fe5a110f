"""Whom of the known an article names: aliases with clitics, homographs, quotes, overlaps; and persons in quotation marks."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marsad.arabic.spellings import canonical, joinings
from marsad.arabic.tokens import terms
from marsad.catalogue import aliases_of
from marsad.codec import encode
from processors.names.features import core
from tests.processors.support import ACTORS, CATALOGUE, annotate, surfaces, written


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("انسحب عناصر لداعش وبداعش من القرية", [("daesh", "داعش"), ("daesh", "داعش")]),
        ("هجوم للقاعدة في أبين", [("qaeda", "لقاعدة"), ("abyan", "أبين")]),
        ("خلايا الدواعش والفكر الداعشي", [("daesh", "الدواعش"), ("daesh", "الداعشي")]),
        ("زعيم تنظيم «الدولة الإسلامية في العراق والشام»", [("daesh", "تنظيم «الدولة الإسلامية في العراق والشام")]),
        ("عناصر تنظيم «داعش»", [("daesh", "داعش")]),
        (
            "قوات سوريا الديمقراطية «قسد» في الحسكة",
            [("sdf", "قوات سوريا الديمقراطية"), ("sdf", "قسد"), ("hasakah", "الحسكة")],
        ),
        ("قوات سورية الديموقراطية والحواجز القسدية", [("sdf", "قوات سورية الديموقراطية"), ("sdf", "القسدية")]),
        ("قال مقاتلو ق.س.د إنهم انسحبوا", [("sdf", "ق.س.د")]),
        ("كتائب حزب الله وحزب الله", [("kataib-hezbollah", "كتائب حزب الله"), ("hezbollah", "حزب الله")]),
        ("هيئة تحرير الشام، جبهة النصرة سابقا", [("hts", "هيئة تحرير الشام"), ("nusra", "جبهة النصرة")]),
        ("قوات التحالف الدولي", [("coalition", "قوات التحالف الدولي")]),
        ("الجيش السوري الحر والجيش السوري", [("fsa", "الجيش السوري الحر"), ("syria-army", "الجيش السوري")]),
        ("وسم #داعش_في_العراق", [("daesh", "داعش"), ("iraq", "العراق")]),
        ("مفاوضات أنقرة-قسد", [("ankara", "أنقرة"), ("sdf", "قسد")]),
        ("ISIS fighters and the SDF", [("daesh", "ISIS"), ("sdf", "SDF")]),
    ],
)
def test_known_actors_are_found_as_they_are_written(text: str, expected: list[tuple[str, str]]) -> None:
    assert surfaces(annotate(written(text))) == expected


@pytest.mark.parametrize(
    "text",
    [
        "عمل المتطوعون بكل حماس",
        "أبدى الجمهور حماس كبير للفريق",
        "هبطت الطائرة في القاعدة الجوية",
        "يعاني الشباب من البطالة",
        "قال الوزير إن تنظيم الدولة للمعرض كان جيدا",
        "أصيب طالبان في الجامعة",
        "التنظيم والتحالف والهيئة",
        "طبق حمص بالطحينة",
        "الطريق الموصل إلى القرية",
        "كشف الغطاء عن داعشة أخرى",
        "قصد المسافرون مقصدهم",
    ],
)
def test_plain_words_that_look_like_names_are_no_mentions(text: str) -> None:
    assert surfaces(annotate(written(text))) == []


@pytest.mark.parametrize(
    "text",
    ["زار حزب\nالله أعلم", "غادر الحزب. حزب، الله معنا", "في بيان الجيش (السوري) الحر", "قوات سوريا؛ الديمقراطية"],
)
def test_a_name_never_runs_across_a_line_end_or_a_mark(text: str) -> None:
    found = surfaces(annotate(written(text)))
    assert not {who for who, _ in found} & {"hezbollah", "fsa", "sdf"}
    assert not [surface for _, surface in found if set("\n.،؛()") & set(surface)]


def test_a_name_never_runs_from_the_title_into_the_body() -> None:
    assert surfaces(annotate(written("الله أعلم", title="خبر عن حزب"))) == []


def test_mentions_of_one_actor_share_an_entity_numbered_by_first_mention() -> None:
    annotated = annotate(
        written("قتلت «قسد» عناصر من داعش. وقالت قوات سوريا الديمقراطية إن تنظيم الدولة انسحب.", title="قسد")
    )
    assert [(entity.id, entity.actor, len(entity.mentions)) for entity in annotated.entities] == [
        ("e1", "sdf", 3),
        ("e2", "daesh", 2),
    ]
    assert annotated.entities[0].name == "قوات سوريا الديمقراطية"
    assert annotated.entities[0].english == "Syrian Democratic Forces"
    assert (annotated.entities[0].type, annotated.entities[0].kind) == ("ORG", "armed_group")
    assert annotated.catalogue == CATALOGUE.version


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("أوقفت الشرطة المدعو «سامر عادل الخالد» أمس", ["سامر عادل الخالد"]),
        ("القيادي في داعش «سامر الخالد»", ["سامر الخالد"]),
        ('أمير الخلية، ويدعى "سامر عادل"، قتل', ["سامر عادل"]),
        ("مقتل «سامر الخالد» والإرهابي «ناجي الحمد»", ["سامر الخالد", "ناجي الحمد"]),
        ("مقتل «أبو بكر البغدادي»", ["أبو بكر البغدادي"]),
    ],
)
def test_a_quoted_name_behind_an_introducer_is_a_person(text: str, names: list[str]) -> None:
    assert [entity.name for entity in annotate(written(text)).entities if entity.type == "PER"] == names


@pytest.mark.parametrize(
    "text",
    [
        "مقتل «مدنيين اثنين» في القرية",
        "القيادي «في داعش»",
        "مقتل «ثلاثة من الجنود»",
        "الصحفي «سامر» وحده",
    ],
)
def test_a_quotation_that_names_nobody_is_no_person(text: str) -> None:
    assert [entity for entity in annotate(written(text)).entities if entity.type == "PER"] == []


def test_a_by_name_belongs_to_the_person_just_named_and_a_full_name_is_found_again() -> None:
    text = "قتل القيادي «سامر عادل الخالد» الملقب بـ«أبي علي البغدادي». وكان سامر عادل الخالد مطلوبا."
    (person,) = [entity for entity in annotate(written(text)).entities if entity.type == "PER"]
    assert person.name == "سامر عادل الخالد"
    found = [annotate(written(text)).article.content[slice(*span)] for span in person.mentions]
    assert found == ["سامر عادل الخالد", "أبي علي البغدادي", "سامر عادل الخالد"]


ALIASES = sorted(alias.written for actor in CATALOGUE.actors.values() for alias in aliases_of(actor))
KNOWN = {
    actor.id: {tuple(map(canonical, name)) for alias in aliases_of(actor) for name in joinings(terms(alias.written))}
    for actor in CATALOGUE.actors.values()
}
pieces = st.one_of(
    st.sampled_from(ALIASES),
    st.sampled_from(
        [
            "قتل",
            "وقتلت",
            "مقتل",
            "«",
            "»",
            "القيادي",
            "الملقب بـ",
            "ثلاثة",
            "من",
            "في",
            "على",
            "القبض",
            "،",
            ".",
            "\n",
            "أمس",
            "عناصر",
            "لم",
            "12",
            "شنتها",
            "بالتعاون مع",
        ]
    ),
    st.text(max_size=6),
)
texts = st.lists(pieces, max_size=40).map(" ".join)


def _is_part(words: list[str], alias: list[str]) -> bool:
    """Whether the words are a name, or what is left of it where it was given in full before."""
    short = [core(word) for word in words]
    full = [core(word) for word in alias]
    return short in (full, full[-len(short) :], full[: len(short)])


@settings(deadline=None)
@given(texts)
def test_spans_lie_inside_the_text_in_order_apart_and_name_what_they_say(text: str) -> None:
    annotated = annotate(written(text))
    spans = sorted(span for entity in annotated.entities for span in entity.mentions)
    assert all(0 <= span.start < span.end <= len(annotated.article.content) for span in spans)
    assert all(one.end <= other.start for one, other in pairwise(spans))
    for entity in annotated.entities:
        assert list(entity.mentions) == sorted(entity.mentions)
        if entity.actor is not None:
            known = KNOWN[entity.actor]
            for span in entity.mentions:
                first, *rest = map(canonical, terms(annotated.article.content[slice(*span)]))
                written_so = [[lost + first, *rest] for lost in ("", "ا", "ال")]
                assert any(_is_part(words, list(alias)) for words in written_so for alias in known)


@settings(deadline=None)
@given(texts, texts)
def test_annotating_never_fails_and_equal_articles_give_equal_bytes(title: str, text: str) -> None:
    made = written(text, title=title.replace("\n", " "))
    annotated = annotate(made)
    assert encode(annotated) == encode(annotate(made))
    ids = {entity.id for entity in annotated.entities}
    for event in annotated.events:
        assert 0 <= event.anchor.start < event.anchor.end <= len(made.content)
        named = {
            party for party in (*event.actors, *event.recipients, event.place) if party and not party.startswith("@")
        }
        assert named <= ids
        assert event.actors
        assert event.recipients


def test_the_catalogue_that_ships_says_where_its_data_comes_from() -> None:
    assert "written for marsad, 2026-11-28" in ACTORS.read_text(encoding="utf-8").splitlines()[0]
