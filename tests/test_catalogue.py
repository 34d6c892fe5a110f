"""Known actors in tokens, and catalogue files that are wrong."""

from pathlib import Path

import pytest

from marsad.arabic.tokens import terms
from marsad.catalogue import Actor, Ambiguous, Catalogue, load_catalogue
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


def test_the_catalogue_that_ships_is_sound() -> None:
    catalogue = load_catalogue(Config().files("actors*.toml"))
    assert len(catalogue.actors) >= 30
    assert all(actor.english for actor in catalogue.actors.values())
