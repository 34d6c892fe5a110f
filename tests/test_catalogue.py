"""Known actors in tokens, and catalogue files that are wrong."""

from pathlib import Path

import pytest

from marsad.arabic.clitics import with_proclitics
from marsad.arabic.tokens import terms
from marsad.catalogue import Actor, Ambiguous, Catalogue, aliases_of, load_catalogue
from marsad.config import Config
from marsad.errors import OperatorError

ISIS = Actor(
    id="isis",
    name="تنظيم الدولة الإسلامية",
    english="Islamic State",
    kind="armed_group",
    aliases=("داعش", "الدواعش", "ISIS"),
    ambiguous=(Ambiguous(alias="تنظيم الدولة", unless_next=("للمعرض",)),),
)
QAEDA = Actor(
    id="qaeda",
    name="تنظيم القاعدة",
    english="al-Qaeda",
    kind="armed_group",
    ambiguous=(Ambiguous(alias="القاعدة", unless_next=("الجوية",), unless_previous=("سقف",)),),
)
SHABAAB = Actor(
    id="shabaab",
    name="حركة الشباب",
    english="al-Shabaab",
    kind="armed_group",
    ambiguous=(Ambiguous(alias="الشباب", only_previous=("مقاتلي",)),),
)
CATALOGUE = Catalogue([ISIS, QAEDA, SHABAAB])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("قتل عناصر من داعش وبداعش", ["isis", "isis"]),
        ("تنظيم الدولة الإسلامية يتبنى", ["isis"]),
        ("مقاتلو ISIS في المدينة", ["isis"]),
        ("بايع تنظيم الدولة", ["isis"]),
        ("تنظيم الدولة للمعرض", []),
        ("عناصر القاعدة", ["qaeda"]),
        ("القاعدة الجوية", []),
        ("تحت سقف القاعدة", []),
        ("تنظيم القاعدة الجوية", ["qaeda"]),
        ("هاجم مقاتلي الشباب القرية", ["shabaab"]),
        ("الشباب والرياضة", []),
        ("حركة الشباب", ["shabaab"]),
        ("يداعش قصد", []),
    ],
)
def test_actors_are_found_by_their_longest_name_and_their_neighbours(text: str, found: list[str]) -> None:
    assert [mention.actor.id for mention in CATALOGUE.find(terms(text))] == found


def test_a_mention_says_where_it_is_and_what_is_attached() -> None:
    (mention,) = CATALOGUE.find(terms("هجوم لتنظيم الدولة الإسلامية"))
    assert (mention.at, mention.length, mention.skip) == (1, 3, 1)


def test_a_name_typed_in_a_query_has_nothing_attached() -> None:
    assert CATALOGUE.named(["داعش"], 0) == (ISIS, 1)
    assert CATALOGUE.named(["وداعش"], 0) is None


def test_the_version_tells_catalogues_apart() -> None:
    assert CATALOGUE.version == Catalogue([ISIS, QAEDA, SHABAAB]).version
    assert CATALOGUE.version != Catalogue([ISIS, QAEDA]).version


def test_one_alias_of_two_actors_is_refused() -> None:
    with pytest.raises(OperatorError, match=r"«داعش» belongs to two actors, «isis» and «other»"):
        Catalogue([ISIS, Actor(id="other", name="داعش", english="x", kind="armed_group")])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[actor]\n", "is not TOML"),
        ('[[actor]]\nid = "x"\n', "name"),
        ('[[actor]]\nid="x"\nname="س"\nenglish="s"\nkind="army"\n', r"one of person, armed_group"),
        ('[[actor]]\nid="x"\nname="سين"\nenglish="s"\nkind="other"\nalias=["ص"]\n', "alias"),
        ('[[actor]]\nid="x"\nname="«»"\nenglish="s"\nkind="other"\n', "has no letters or digits"),
        ("", "the catalogue is empty"),
    ],
)
def test_a_wrong_file_is_named_with_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "actors.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(OperatorError, match=message) as caught:
        load_catalogue([path])
    assert "actors.toml" in str(caught.value)


def test_an_id_used_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "actors.toml"
    path.write_text('[[actor]]\nid="x"\nname="سين"\nenglish="s"\nkind="other"\n' * 2, encoding="utf-8")
    with pytest.raises(OperatorError, match="«x» is used twice"):
        load_catalogue([path])


def test_adjectives_plurals_and_surnames_are_given_once() -> None:
    actor = Actor(
        id="x", name="فلان الأسد", english="x", kind="person", nisba=("قسدي",), plural=("دواعش",), surname=("الأسد",)
    )
    found = Catalogue([actor], {"given": ("ماهر",)})
    for text in "قسدي القسدية والقسديين الدواعش بدواعش الأسد".split():
        assert found.find(terms(text)), text
    assert found.find(terms("ماهر الأسد وماهر الأسد")) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [("مدينة الباب", True), ("بمدينة الباب", True), ("الباب بريف", True), ("خلف الباب", False), ("الباب", False)],
)
def test_one_neighbour_of_those_that_are_needed_is_enough(text: str, found: bool) -> None:  # noqa: FBT001 - a case
    rule = Ambiguous(alias="الباب", only_previous=("$place",), only_next=("بريف",))
    actor = Actor(id="x", name="مدينة السلام", english="x", kind="place", ambiguous=(rule,))
    assert bool(Catalogue([actor], {"place": ("مدينة",)}).find(terms(text))) == found


def test_a_name_is_found_in_all_its_spellings() -> None:
    names = ("دونالد ترامب", "أبو بكر البغدادي", "عبد الله الثاني", "قوات سوريا الديمقراطية")
    catalogue = Catalogue([Actor(id=name, name=name, english="x", kind="other") for name in names])
    for written, name in (
        ("لدونالد ترمب", 0),
        ("أبي بكر البغدادي", 1),
        ("وأبوبكر البغدادي", 1),
        ("عبدالله الثاني", 2),
        ("قوات سوريا الديموقراطية", 3),
    ):
        assert [found.actor.id for found in catalogue.find(terms(written))] == [names[name]]
    assert catalogue.named(["دونالد", "ترمب"], 0) is not None


def test_the_lexicon_decides_for_one_word_and_the_words_behind_for_a_longer_name() -> None:
    catalogue = Catalogue([Actor(id=name, name=name, english="x", kind="place") for name in ("زارة", "زارة الشمالية")])
    assert catalogue.find(terms("وزارة")) == []
    assert [found.length for found in catalogue.find(terms("وزارة الشمالية"))] == [2]


def test_a_list_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "actors.toml"
    actor = '[[actor]]\nid="x"\nname="سين"\nenglish="s"\nkind="other"\n'
    path.write_text(actor + '[[actor.ambiguous]]\nalias="ص"\nonly_previous=["$no"]\n', encoding="utf-8")
    with pytest.raises(OperatorError, match=r"«\$no» names no list under \[words\]"):
        load_catalogue([path])


SHIPPED = load_catalogue(Config().files("actors*.toml"))
ALIASES = [(actor, alias) for actor in SHIPPED.actors.values() for alias in aliases_of(actor)]


def test_the_catalogue_that_ships_is_sound() -> None:
    assert len(SHIPPED.actors) >= 2000
    assert all(actor.english for actor in SHIPPED.actors.values())


@pytest.mark.parametrize("name", [path.name for path in Config().files("actors*.toml")])
def test_every_file_says_where_it_comes_from(name: str) -> None:
    assert "written for marsad, 2026-11-28" in Config().file(name).read_text(encoding="utf-8").splitlines()[0]


def test_every_alias_is_found_alone_and_with_each_proclitic() -> None:
    for actor, alias in ALIASES:
        if alias.condition is not None:
            continue
        first, *rest = terms(alias.written)
        for form in with_proclitics(first):
            (found,) = SHIPPED.find(["ذكر", form, *rest, "امس"])
            assert (found.actor.id, found.at, found.length) == (actor.id, 1, 1 + len(rest)), (form, rest)


def test_every_alias_with_conditions_is_found_where_they_hold() -> None:
    for actor, alias in ALIASES:
        rule = alias.condition
        if rule is None:
            continue
        words = terms(alias.written)
        before = [word for word in rule.only_previous if not word.startswith("$")]
        around = [[*terms(word), *words] for word in before] or [words]
        assert (
            any(found.actor.id == actor.id for tokens in around for found in SHIPPED.find(tokens)) or rule.only_previous
        ), (actor.id, alias.written)


USUAL_AND_YET_NAMES = set(
    # States, continents and the largest cities are among the most usual words of news; an actor each, and nothing else.
    "العراق اليمن لبنان السودان سوريا سوريه تركيا روسيا ايران الاردن فلسطين ليبيا الجزاير تونس الكويت الصين الهند اليابان "
    "فرنسا المانيا بريطانيا امريكا اميركا ايطاليا اسبانيا الامارات البرازيل افريقيا اوروبا اسيا نيويورك غزه دمشق داعش "
    "لندن دبي بيروت باريس الصومال هولندا تويتر اسراييل اوكرانيا السويد ماليزيا باكستان استراليا المكسيك كندا".split()
)


def test_no_usual_word_is_a_name_whatever_stands_beside_it() -> None:
    lines = (Path(__file__).parent / "frequent-words.txt").read_text(encoding="utf-8").splitlines()
    usual = {line for line in lines if not line.startswith("#")}
    free = {" ".join(terms(alias.written)) for _, alias in ALIASES if alias.condition is None}
    assert free & usual <= USUAL_AND_YET_NAMES, sorted(free & usual - USUAL_AND_YET_NAMES)
