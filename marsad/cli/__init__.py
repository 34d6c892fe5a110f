"""The command line: the composition root, which builds the parts from settings and starts them.

`app` and `groups` have the commands with their help and import nothing heavy; each command's work is in a module of its own,
loaded when it is called. `parts` builds what several commands need, `embedded` runs everything in one process.
"""

import io
import os
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run a command; errors of marsad become one line and an exit code: 2 where a person has to act, 1 otherwise."""
    from marsad.cli.app import app  # noqa: PLC0415 - typer is loaded only by the program
    from marsad.errors import MarsadError, OperatorError  # noqa: PLC0415 - typer is loaded only by the program

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without Arabic gets escapes, not a traceback
    try:
        app(prog_name="marsad")
    except MarsadError as error:
        for line in str(error).splitlines():
            sys.stderr.write(f"marsad: {line}\n")
        sys.exit(2 if isinstance(error, OperatorError) else 1)
    except BrokenPipeError:  # the reader of our output went away, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    sys.exit(0)
