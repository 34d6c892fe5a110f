"""What several commands build: settings, catalogue, and the files of a data directory."""

from pathlib import Path
from typing import NamedTuple

from marsad import log
from marsad.catalogue import Catalogue, load_catalogue
from marsad.config import Config
from marsad.errors import OperatorError
from marsad.settings import Settings, load_settings
from marsad.statefile import LARGEST_MESSAGE, StateFile

STATE_FILE = "marsad.db"
SEARCH_FILE = "search.db"


class Parts(NamedTuple):
    """A configuration and the settings it gives."""

    config: Config
    settings: Settings


def load(directory: Path | None, data: Path | None = None) -> Parts:
    """Configuration and settings for a command, and the log set up as they say."""
    config = Config(directory)
    settings = load_settings(config, data=data)
    log.configure(level=settings.log.level, form=settings.log.format)
    return Parts(config, settings)


def catalogue_of(config: Config) -> Catalogue:
    """The catalogue of a configuration."""
    return load_catalogue(config.files("actors*.toml"))


def existing(data: Path, name: str) -> Path:
    """A file of a data directory that a command only reads; OperatorError where there is none yet."""
    path = data / name
    if not path.is_file():
        raise OperatorError(
            f"{data} holds no data of marsad yet ({name} is missing): start «marsad run» or «marsad demo», "
            "or name another directory with --data (in the cluster that of the service that is asked about)"
        )
    return path


def open_state(settings: Settings, *, create: bool = False, writable: bool = True) -> StateFile:
    """The state file of the data directory."""
    if create:
        make_directory(settings.data)
        largest = settings.kafka.max_message_bytes if settings.mode == "cluster" else LARGEST_MESSAGE
        return StateFile(settings.data / STATE_FILE, largest_message=largest)
    return StateFile(existing(settings.data, STATE_FILE), writable=writable)


def make_directory(data: Path) -> None:
    """Create the data directory where it is missing."""
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OperatorError(f"{data}: the data directory cannot be made: {error.strerror}") from error
