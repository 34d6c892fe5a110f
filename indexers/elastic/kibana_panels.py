"""What Kibana is to show, as config/kibana/panels.toml says it, checked whole: ids, views, and fields by the mapping."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from indexers.alerts.tables import struct_of
from indexers.elastic.mapping import Names, templates
from marsad.errors import OperatorError

FILE = "kibana/panels.toml"
WIDTH = 48
"""Columns of a dashboard."""

_ID = re.compile(r"[a-z][a-z0-9-]{0,63}")
_Field = Annotated[str, msgspec.Meta(min_length=1)]


class View(msgspec.Struct, frozen=True, kw_only=True):
    """An index, as Kibana reads it."""

    id: Literal["articles", "alerts", "feedhealth"]
    name: str
    time: str = ""
    """The field that Kibana's choice of time is about; empty where documents are shown whenever they are from."""
    links: tuple[_Field, ...] = ()
    """Fields that are addresses."""
    hidden: tuple[_Field, ...] = ()
    """Fields that Discover does not show."""


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """A saved search: documents one by one."""

    id: str
    view: str
    title: str
    about: str = ""
    query: str = ""
    """In KQL."""
    columns: tuple[_Field, ...]
    newest: _Field
    """The field that they are sorted by, the highest first."""


class By(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Documents put together by the values of a field."""

    field: _Field
    label: str
    size: Annotated[int, msgspec.Meta(ge=1, le=500)]
    exclude: str = ""
    """Values that this regular expression of Lucene's fits whole are left out."""
    other: str = ""
    """What the rest is called, where it is added up."""
    sorted_by: str = ""
    """The field of the column whose highest values are shown; empty for the values that come most often."""


class Column(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a table says of the documents of a row."""

    take: Literal["first", "latest", "distinct"]
    """The value of the document that came first by the view's time, the highest value, or how many values there are."""
    field: _Field
    label: str


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """Documents counted."""

    id: str
    view: str
    form: Literal["over time", "ranking", "table"]
    title: str
    about: str = ""
    query: str = ""
    """In KQL."""
    count: str
    """What is counted, as people call it."""
    by: By
    columns: tuple[Column, ...] = ()


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands side by side on the dashboard."""

    height: Annotated[int, msgspec.Meta(ge=4, le=60)]
    show: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=6)]
    """Ids of panels and searches."""


class Dashboard(msgspec.Struct, frozen=True, kw_only=True):
    """The dashboard."""

    id: str
    title: str
    about: str = ""
    since: str = "now-7d"
    until: str = "now"
    refresh_s: Annotated[int, msgspec.Meta(ge=0, le=86_400)] = 60
    """Seconds between two looks; 0 is never by itself."""
    row: Annotated[tuple[Row, ...], msgspec.Meta(min_length=1)]


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    views: tuple[View, ...]
    searches: tuple[Search, ...]
    panels: tuple[Panel, ...]
    dashboard: Dashboard

    def view(self, name: str) -> View:
        """The view of that id."""
        return next(view for view in self.views if view.id == name)


class _FileData(msgspec.Struct, frozen=True, kw_only=True):
    view: tuple[Any, ...]
    search: tuple[Any, ...] = ()
    panel: tuple[Any, ...] = ()
    dashboard: Any


S = TypeVar("S", View, Search, Panel, Dashboard)


def board_of(raw: Mapping[str, Any], place: str) -> Board:
    """What a file says; OperatorError names the file, the entry and everything that is wrong with it."""
    complaints: list[str] = []
    data = struct_of(_FileData, raw, complaints)
    if data is not None:
        views = _entries(View, "view", data.view, complaints)
        searches = _entries(Search, "search", data.search, complaints)
        panels = _entries(Panel, "panel", data.panel, complaints)
        dashboards = _entries(Dashboard, "dashboard", (data.dashboard,), complaints)
        if not complaints:
            board = Board(views=views, searches=searches, panels=panels, dashboard=dashboards[0])
            complaints += _wrong(board)
            if not complaints:
                return board
    raise OperatorError("\n".join(f"{place}: {complaint}" for complaint in complaints))


def _entries(kind: type[S], called: str, raw: Sequence[Any], complaints: list[str]) -> tuple[S, ...]:
    """The entries of a kind; what is wrong with each is added to the complaints."""
    made = []
    for number, one in enumerate(raw, 1):
        found: list[str] = []
        if (entry := struct_of(kind, one, found)) is not None:
            made.append(entry)
        name = one.get("id") if isinstance(one, dict) else None
        shown = f"{called} «{name}»" if isinstance(name, str) else f"{called} {number} of the file"
        complaints += [f"{shown}: {complaint}" for complaint in found]
    return tuple(made)


def _wrong(board: Board) -> Iterator[str]:
    shown: list[Search | Panel] = [*board.searches, *board.panels]
    yield from _wrong_ids([*(view.id for view in board.views), *(one.id for one in shown), board.dashboard.id])
    for view in board.views:
        yield from _wrong_view(view)
    for one in shown:
        if one.view not in {view.id for view in board.views}:
            yield f"«{one.id}»: there is no view «{one.view}»"
        elif isinstance(one, Search):
            yield from _wrong_search(one)
        else:
            yield from _wrong_panel(one, board.view(one.view))
    for name in chain.from_iterable(row.show for row in board.dashboard.row):
        if name not in {one.id for one in shown}:
            yield f"the dashboard: there is no panel and no search «{name}»"


def _wrong_ids(ids: Sequence[str]) -> Iterator[str]:
    for name, times in Counter(ids).items():
        if not _ID.fullmatch(name):
            yield f"«{name}»: an id is up to 64 small Latin letters, digits and -, a letter first"
        if times > 1:
            yield f"«{name}»: the id is used twice"


def _wrong_view(view: View) -> Iterator[str]:
    types = field_types(view.id)
    yield from _unknown(view.id, (*view.links, *view.hidden), types)
    if view.time and types.get(view.time) != "date":
        yield f"«{view.id}»: time: «{view.time}» is no field of times of this index"


def _wrong_search(search: Search) -> Iterator[str]:
    types = field_types(search.view)
    yield from _unknown(search.id, search.columns, types)
    yield from _uncounted(search.id, [search.newest], types)


def _wrong_panel(panel: Panel, view: View) -> Iterator[str]:
    types = field_types(panel.view)
    counted = [panel.by.field, *(column.field for column in panel.columns if column.take != "first")]
    yield from _uncounted(panel.id, counted, types)
    yield from _unknown(panel.id, [column.field for column in panel.columns if column.take == "first"], types)
    for column in panel.columns:
        if column.take == "latest" and types.get(column.field, "date") not in ("date", "long"):
            yield f"«{panel.id}»: there is no latest «{column.field}», which is neither a time nor a number"
    if not view.time and (panel.form == "over time" or any(column.take == "first" for column in panel.columns)):
        yield f"«{panel.id}»: the view «{view.id}» has no time"
    if panel.columns and panel.form != "table":
        yield f"«{panel.id}»: only a table has columns"
    if panel.by.sorted_by and panel.by.sorted_by not in {one.field for one in panel.columns if one.take == "latest"}:
        yield f"«{panel.id}»: sorted_by: there is no column that takes the latest «{panel.by.sorted_by}»"


def _unknown(name: str, fields: Sequence[str], types: Mapping[str, str]) -> Iterator[str]:
    return (f"«{name}»: there is no field «{field}» in this index" for field in fields if field not in types)


def _uncounted(name: str, fields: Sequence[str], types: Mapping[str, str]) -> Iterator[str]:
    yield from _unknown(name, fields, types)
    for field in fields:
        if types.get(field) in ("text", "kept"):
            yield f"«{name}»: by «{field}» nothing can be counted or sorted, it is no field of whole values"


def field_types(index: str) -> Mapping[str, str]:
    """The type of every field of an index by its name; «kept» where nothing can be found by it."""
    names = Names("marsad")
    made = templates(names, shards=1, replicas="0")[names.versioned(alias(names, index))]
    return dict(_types(made["template"]["mappings"]["properties"]))


def alias(names: Names, view: str) -> str:
    """What the documents of a view are read through."""
    return {"articles": names.articles, "alerts": names.alerts, "feedhealth": names.feedhealth}[view]


def _types(fields: Mapping[str, Any], parent: str = "") -> Iterator[tuple[str, str]]:
    for name, field in fields.items():
        if field.get("type") != "nested":  # what is nested cannot be counted by a panel
            yield f"{parent}{name}", field["type"] if field.get("doc_values", True) else "kept"
            yield from _types(field.get("fields", {}), f"{parent}{name}.")
