"""Tables of a TOML file as structs, with all that is wrong with them at once."""

import difflib
import re
from collections.abc import Container
from typing import TypeVar

import msgspec

from indexers.alerts.duration import Duration, duration

S = TypeVar("S", bound=msgspec.Struct)
_PLACE = re.compile(r" - at `\$[^`]*`$")


def struct_of(kind: type[S], raw: object, complaints: list[str], *, besides: Container[str] = ()) -> S | None:
    """The struct that a table says, with everything that is wrong added to `complaints`; None where it cannot be made.

    Unknown keys alone do not keep it from being made, so that what else is wrong with it can be found.
    `besides` are keys of the table that are none of the struct's fields and no mistake.
    """
    if not isinstance(raw, dict):
        complaints.append(f"it has to be a table, not {raw!r}")
        return None
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    for key in raw:
        if key not in fields and key not in besides:
            near = difflib.get_close_matches(key, fields, 1)
            meant = f" (is «{near[0]}» meant?)" if near else ""
            complaints.append(f"there is no key «{key}»{meant}; here can stand: {', '.join(fields) or 'none'}")
    before = len(complaints)
    values = {}
    for name, field in fields.items():
        if name in raw:
            try:
                values[name] = msgspec.convert(raw[name], field.type, dec_hook=_special)
            except msgspec.ValidationError as error:
                complaints.append(f"{name}: {_PLACE.sub('', str(error))}")
        elif field.required:
            complaints.append(f"the key «{name}» is missing")
    return kind(**values) if len(complaints) == before else None


def _special(kind: type, written: object) -> object:
    if kind is Duration:
        return duration(written)
    raise NotImplementedError(kind)  # what msgspec expects of a hook that does not know a type
