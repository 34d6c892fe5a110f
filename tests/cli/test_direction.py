"""Arabic among English words: isolates where a terminal takes them, and a layout that does without."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.cells import cell_len
from rich.text import Text

from marsad.alert import Alert
from marsad.annotation import Event, Span
from marsad.cli import direction
from marsad.cli.demo.telling import NOT_TAKEN, Happened, conclusion, next_steps, welcome
from marsad.cli.direction import END, FIRST_STRONG, harmless, inset, inset_text, isolated, takes_isolates
from marsad.cli.show import event_line, show_alert, when_told
from tests.marsad_process import MARSAD, environment
from tests.samples import alert, annotated, article

ARABIC = r"[\u0600-\u06ff]"
SIDE_BY_SIDE = re.compile(f"{ARABIC}»[^A-Za-z]*{ARABIC}")
"""A quoted word and more Arabic with nothing but signs between: without isolates both would be drawn as one."""


@pytest.mark.parametrize(
    ("piece", "expected"),
    [
        ("", ""),
        ("daesh", "daesh"),
        ("@CVL، 12", "@CVL، 12"),
        ("قسد", "\u2068قسد\u2069"),
        ("تقرير: ISIS يغير", "\u2068تقرير: ISIS يغير\u2069"),
        ("BBC عربي", "\u2068BBC عربي\u2069"),
        ("שלום", "\u2068שלום\u2069"),
        ("قسد\u202e\u2069", "\u2068قسد  \u2069"),
        ("\x1b[31mred\u2066", " [31mred "),
    ],
)
def test_a_piece_with_letters_from_right_to_left_is_isolated(piece: str, expected: str) -> None:
    assert isolated(piece, marked=True) == expected
    assert isolated(piece, marked=False) == expected.replace(FIRST_STRONG, "").replace(END, "")


@given(st.text())
def test_an_isolate_takes_no_room_and_cannot_be_left_from_inside(piece: str) -> None:
    made = isolated(piece, marked=True)
    assert cell_len(made) == cell_len(harmless(piece))
    assert len(harmless(piece)) == len(piece)
    inside = made[1:-1] if made.startswith(FIRST_STRONG) else made
    assert not set(inside) & {"\x1b", "\u202a", "\u202b", "\u202c", "\u202d", "\u202e", *"\u2066\u2067\u2068\u2069"}


@pytest.mark.parametrize(
    ("terminal", "encoding", "term", "expected"),
    [
        (True, "utf-8", "xterm-256color", True),
        (True, "UTF-8", "", True),
        (True, "utf8", "xterm-kitty", True),
        (False, "utf-8", "xterm-256color", False),
        (True, "iso8859-6", "xterm", False),
        (True, "", "xterm", False),
        (True, "utf-8", "linux", False),
        (True, "utf-8", "dumb", False),
    ],
)
def test_isolates_are_for_terminals_that_can_be_told_of_them(
    *, terminal: bool, encoding: str, term: str, expected: bool
) -> None:
    assert takes_isolates(terminal=terminal, encoding=encoding, term=term) is expected


def test_what_is_no_terminal_gets_none() -> None:
    assert inset("قسد") == "قسد"
    assert inset_text(Text("قسد")).plain == "قسد"
    assert FIRST_STRONG not in show_alert(alert())


def test_styles_keep_their_places_in_an_isolate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(direction, "_marked", lambda: True)
    text = Text("هجوم لداعش")
    text.highlight_words(["داعش"], style="bold")
    made = inset_text(text)
    assert made.plain == "\u2068هجوم لداعش\u2069"
    assert [made.plain[span.start : span.end] for span in made.spans if span.style == "bold"] == ["داعش"]


@pytest.mark.parametrize(
    ("made", "lines"),
    [
        (alert(), ["because of «داعش» in the title"]),
        (
            replace(alert(), reasons=tuple(replace(one, span=Span(20, 24)) for one in alert().reasons)),
            ["because of «داعش» in: هجوم لداعش في البادية"],
        ),
    ],
)
def test_an_alert_says_why_with_a_word_between_the_name_and_the_sentence(made: Alert, lines: list[str]) -> None:
    made = replace(made, name="كل ما عن داعش")
    shown = [line.strip() for line in show_alert(made).splitlines()]
    assert shown[0].startswith("ALERT  كل ما عن داعش  from وكالة المثال, published ")
    assert [line for line in shown if line.startswith("because")] == lines
    assert not [line for line in shown if SIDE_BY_SIDE.search(line)]


def test_an_event_is_told_in_words_without_what_is_unknown() -> None:
    made = annotated(article("قتل مدنيون"))
    at = made.article.content.index("قتل")
    event = Event(type="ASSAULT", anchor=Span(at, at + 3), actors=("@UNK",), recipients=("@CVL", "@MIL"), dead=0)
    assert event_line(made, event) == "ASSAULT «قتل» · on civilians، soldiers · dead 0"


def test_the_words_of_the_demo_hold_without_isolates() -> None:
    said = [
        welcome(5, 42, "http://127.0.0.1:1", ["داعش", "قسد", "حماس"], Path("demo")),
        conclusion(
            Happened(articles=42, outlets=5, stories=37, alerts=14, requests=53, not_modified=42),
        ),
        next_steps(Path("demo"), going_on=True),
        next_steps(None, going_on=False),
    ]
    assert "one watches for «داعش», one for «قسد» and one for «حماس»" in said[0].plain
    assert all(word in said[1].plain for word in NOT_TAKEN)
    assert not [text for text in said if any(SIDE_BY_SIDE.search(line) for line in text.plain.splitlines())]
    assert "--data demo" in said[2].plain
    assert "DIR" in said[3].plain


def test_a_date_in_an_arabic_message_keeps_its_order() -> None:
    assert re.fullmatch(r"\u2066\d{4}-\d\d-\d\d \d\d:\d\d\u2069", when_told(0))


PTY = """
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm-256color"
    os.execv(sys.argv[1], sys.argv[1:])
while True:
    try:
        piece = os.read(terminal, 65536)
    except OSError:
        break
    if not piece:
        break
    sys.stdout.buffer.write(piece)
"""


@pytest.mark.parametrize(
    ("arguments", "marked"), [(("rules", "forms", "قسد"), True), (("rules", "forms", "قسد", "--json"), False)]
)
def test_a_real_terminal_gets_isolates_and_programs_never_do(arguments: tuple[str, ...], *, marked: bool) -> None:
    made = environment() | {"PYTHONUTF8": "1"}
    command = [str(MARSAD), *arguments]
    terminal = subprocess.run([sys.executable, "-c", PTY, *command], capture_output=True, check=True, env=made)
    piped = subprocess.run(command, capture_output=True, check=True, env=made)
    assert (FIRST_STRONG in terminal.stdout.decode()) is marked
    assert FIRST_STRONG not in piped.stdout.decode()
