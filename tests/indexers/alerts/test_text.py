"""What a person reads: Arabic first, short, and nothing in it that plays tricks."""

from msgspec.structs import replace

from indexers.alerts.digest import bundled
from indexers.alerts.text import LINES, TITLE, body, headline
from tests.samples import alert


def when(time_ms: int) -> str:
    return f"@{time_ms % 100_000}"


def test_an_alert_says_rule_outlet_title_why_link_and_times() -> None:
    made = replace(alert(), name="داعش في البادية")
    assert headline(made) == "داعش في البادية: هجوم لداعش"
    assert body(made, when).splitlines() == [
        "وكالة المثال، نُشر @0",
        "السبب «داعش»: هجوم لداعش في البادية",
        "http://127.0.0.1/1",
        "جُلب @0، نُبّه @5، القاعدة daesh: داعش",
    ]


def test_a_rule_without_a_name_is_called_by_its_id_and_an_article_without_title_by_its_outlet() -> None:
    assert headline(replace(alert(), title="")) == "daesh: وكالة المثال"


def test_control_characters_and_signs_of_direction_are_left_out_and_titles_cut() -> None:
    made = replace(alert(), title="\x1b[31mهجوم\u202e\u2066 لداعش\n" + "ط" * 500)
    assert headline(made).startswith("daesh: [31mهجوم لداعش ط")
    assert len(headline(made)) == len("daesh: ") + TITLE


def test_what_was_held_back_is_listed_and_the_rest_counted() -> None:
    others = tuple(bundled(replace(alert(story=str(number)), title=f"خبر {number}")) for number in range(30))
    made = replace(alert(), bundled=others, bundled_count=500, released=7)
    lines = body(made, when).splitlines()
    assert "وعددها 500" in lines[3]
    assert lines[4] == "• وكالة المثال: خبر 0 («داعش»)"
    assert sum(line.startswith("•") for line in lines) == LINES
    assert "marsad alerts --rule daesh" in lines[-2]
    assert "نُبّه @7" in lines[-1]
