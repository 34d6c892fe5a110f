"""The configuration directory: files that operators edit, over those that ship with marsad."""

import tomllib
from pathlib import Path
from typing import Any

from marsad.errors import OperatorError


class Config:
    """A configuration directory over the files that ship with marsad."""

    def __init__(self, directory: Path | None = None) -> None:
        if directory is not None and not directory.is_dir():
            raise OperatorError(f"{directory}: there is no such configuration directory (--config, MARSAD_CONFIG)")
        self.directory = directory

    def file(self, name: str) -> Path:
        """The file of that name: the operator's where there is one, else the one that ships."""
        if self.directory is not None and (own := self.directory / name).is_file():
            return own
        return shipped() / name

    def files(self, pattern: str) -> list[Path]:
        """All files that fit the pattern, by name, each as `file` finds it."""
        places = [shipped()] if self.directory is None else [shipped(), self.directory]
        names = {path.name for place in places for path in place.glob(pattern) if path.is_file()}
        return [self.file(name) for name in sorted(names)]


def shipped() -> Path:
    """The directory of the files that ship with marsad: in the wheel beside the code, in a checkout beside the packages."""
    inside = Path(__file__).parent / "config"
    return inside if inside.is_dir() else Path(__file__).parent.parent / "config"


def read_toml(path: Path) -> dict[str, Any]:
    """The contents of a TOML file; OperatorError where it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise OperatorError(f"{path}: cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise OperatorError(f"{path}: is not TOML in UTF-8: {error}") from error
