"""Makes docs/images/demo.png from a real run of `marsad demo --once`: python -m tools.picture [CHROMIUM].

It runs the demo in a terminal of its own, lets rich turn what that was told into a page, and lets Chromium, which lays out
Arabic as a terminal with isolates does, draw the page. It needs Chromium and the fonts DejaVu Sans Mono and Noto Sans Arabic.
"""

import fcntl
import io
import math
import os
import pty
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

TARGET = Path("docs/images/demo.png")
COLUMNS, TAIL = 112, 47
"""Width of the terminal, and lines of the end that are shown at most."""
FONT_PX, LINE_PX, PADDING_PX, SCALE = 14, 22, 20, 1.3
CELL = 0.602
"""Width of a character of DejaVu Sans Mono, in its size."""
INK, RED, GREEN, YELLOW, BLUE = (36, 41, 47), (190, 30, 45), (20, 115, 50), (255, 214, 51), (9, 80, 165)
MAGENTA, CYAN, GREY, WHITE = (125, 60, 160), (0, 105, 130), (90, 98, 108), (255, 255, 255)
LIGHT = TerminalTheme(
    WHITE,
    INK,
    [INK, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, WHITE],
    [GREY, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, WHITE],
)
STYLE = f"""<!doctype html><meta charset="utf-8"><style>
@font-face {{ font-family: Arabic; src: local("Noto Sans Arabic Regular"); unicode-range: U+600-6FF; }}
@font-face {{ font-family: Arabic; font-weight: bold; src: local("Noto Sans Arabic Bold"); unicode-range: U+600-6FF; }}
body {{ margin: 0; background: #fff; color: #24292f; }}
pre {{ margin: {PADDING_PX}px; font: {FONT_PX}px/{LINE_PX}px Arabic, "DejaVu Sans Mono", monospace; }}
</style>"""


def recorded(command: Sequence[str], columns: int) -> str:
    """What a command tells a terminal so wide; RuntimeError where it fails."""
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm-256color", COLUMNS=str(columns))
        os.execvp(command[0], [*command])  # noqa: S606 - the command is our own
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", TAIL, columns, 0, 0))
    said = bytearray()
    while piece := _read(terminal):
        said += piece
    _, status = os.waitpid(child, 0)
    if status:
        raise RuntimeError(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return said.decode().replace("\r\n", "\n")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # so ends a terminal whose program has ended
        return b""


def shown(lines: Sequence[Text], most: int) -> list[Text]:
    """The first paragraph, and of the rest the end, from the first line that begins something."""
    first = next((at for at, line in enumerate(lines) if not line.plain.strip()), len(lines))
    rest = lines[first + 1 :]
    end = rest[-most:]
    begin = next((at for at, line in enumerate(end) if line.plain[:1].isdigit()), 0)
    gap = [Text("⋮", style="dim")] if begin or len(end) < len(rest) else []
    return [*lines[:first], Text(), *gap, *end[begin:]]


def page(lines: Sequence[Text]) -> tuple[str, int]:
    """The page, and how many lines it has once they are wrapped."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True, color_system="standard")
    for line in lines:
        console.print(line)
    code = console.export_html(theme=LIGHT, code_format="{code}", inline_styles=True).rstrip()
    return f"{STYLE}<pre>{code}</pre>", code.count("\n") + 1


def draw(html: str, rows: int, chromium: str, target: Path) -> None:
    """Let Chromium draw the page as large as it is."""
    width = math.ceil(COLUMNS * CELL * FONT_PX) + 2 * PADDING_PX
    height = rows * LINE_PX + 2 * PADDING_PX
    with tempfile.TemporaryDirectory() as directory:
        source = Path(directory) / "page.html"
        source.write_text(html, encoding="utf-8")
        options = [
            "--headless",
            "--no-sandbox",
            "--hide-scrollbars",
            "--disable-lcd-text",
            f"--user-data-dir={directory}/profile",
        ]
        options += [f"--force-device-scale-factor={SCALE}", f"--window-size={width},{height}"]
        subprocess.run(  # noqa: S603 - the page is our own
            [chromium, *options, f"--screenshot={target.resolve()}", source.as_uri()],
            check=True,
            capture_output=True,
            timeout=120,
        )


def main() -> None:
    """Run, choose, draw."""
    marsad = str(Path(sys.executable).with_name("marsad"))
    chromium = sys.argv[1] if len(sys.argv) > 1 else "chromium"
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)  # so that the demo's data has a short name
        said = recorded([marsad, "demo", "--once", "--data", "demo"], COLUMNS)
        os.chdir(before)
    html, rows = page(shown([Text.from_ansi(line) for line in said.splitlines()], TAIL))
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    draw(html, rows, chromium, TARGET)
    print(f"{TARGET}: {rows} lines, {TARGET.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
