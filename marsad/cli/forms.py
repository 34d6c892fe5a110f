"""`marsad rules forms`: what each term of a query means, and every way to write it that meets it."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
from rich.text import Text

from indexers.query.ast import ActorTerm, Marked, Spelling, all_terms
from indexers.query.fts import written_forms
from indexers.query.parse import parse
from marsad.arabic.clitics import ARTICLE, PROCLITICS, with_proclitics
from marsad.arabic.letters import normal_form
from marsad.arabic.spellings import joinings, spellings
from marsad.arabic.tokens import terms
from marsad.catalogue import Actor, Alias, Ambiguous, aliases_of
from marsad.cli.direction import inset
from marsad.cli.parts import catalogue_of, load
from marsad.cli.show import out, write_line

WIDTH = 18
MOST = 40
"""Forms shown on one line; programs get all of them."""
CONDITIONS = {
    "unless_previous": "not after",
    "unless_next": "not before",
    "only_previous": "only after",
    "only_next": "only before",
}


def show_forms(config: Path | None, query: str, *, as_json: bool) -> None:
    """Print the terms of the query in order, those under a NOT included."""
    catalogue = catalogue_of(load(config).config)
    found = []
    for term in dict.fromkeys(all_terms(parse(query, catalogue))):
        if isinstance(term, ActorTerm):
            found.append(actor_object(term.typed, catalogue.actors[term.actor]))
        elif isinstance(term, Marked):
            found.append({"term": term.typed, "field": term.field, "value": term.value})
        else:
            found.append(word_object(term))
    if as_json:
        write_line(json.dumps({"query": query, "terms": found}, ensure_ascii=False))
        return
    for described in found:
        out.print(_text(described))


def _text(described: Mapping[str, Any]) -> Text:
    if "actor" in described:
        return _actor_text(described)
    if "field" in described:
        return (
            Text().append(inset(described["term"]), style="bold").append(f"  asks for the field {described['field']}\n")
        )
    return _word_text(described)


def actor_object(typed: str, actor: Actor) -> dict[str, Any]:
    """An actor as programs get it: who it is, and for each alias where it comes from, its forms and its conditions."""
    return {
        "term": typed,
        "actor": {"id": actor.id, "name": actor.name, "english": actor.english, "kind": actor.kind},
        "aliases": [
            {
                "written": alias.written,
                "group": alias.group,
                "forms": alias_forms(alias),
                "condition": _condition(alias.condition),
            }
            for alias in aliases_of(actor)
        ],
    }


def alias_forms(alias: Alias) -> list[str]:
    """The written forms of an alias in normal form: what may be attached to its first word, written apart or together."""
    return sorted(
        " ".join((form, *name[1:])) for name in joinings(terms(alias.written)) for form in with_proclitics(name[0])
    )


def _condition(condition: Ambiguous | None) -> dict[str, list[str]] | None:
    if condition is None:
        return None
    said = msgspec.structs.asdict(condition)
    return {key: list(said[key]) for key in CONDITIONS if said[key]}


def word_object(term: Spelling) -> dict[str, Any]:
    """A word, or words side by side, as programs get it: its forms, in groups, and what only looks like one."""
    written = written_forms(term)
    typed = term.typed.strip('"«»= ').removeprefix("forms:").strip('"«»')
    own = typed if terms(typed) == list(term.words) else " ".join(term.words)
    attached = " ".join(("", *(own.split() if len(own.split()) == len(term.words) else term.words)[1:]))
    shown = {form: _as_typed(form, own) for form in written}
    groups: dict[str, list[str]] = {}
    for form in sorted(written, key=len):
        groups.setdefault(_group(form, term.words[0]), []).append(shown[form] + attached)
    return {
        "term": term.typed,
        "attached": term.attached,
        "forms": [" ".join((form, *term.words[1:])) for form in written],
        "groups": {name: groups[name] for name in GROUPS if name in groups},
        "other_words": _other_words(term, written),
    }


GROUPS = ("alone", "with و ف", "with ب ل ك", "with both", "with the article", "as a question")
LABELS = {"with و ف": "with و ف before", "with ب ل ك": "with ب ل ك before"}
"""Groups whose names end in Arabic, as they are shown: an English word keeps them apart from what follows."""


def _group(form: str, word: str) -> str:
    """What is attached to a form of the word, as the name of its group."""
    for spelling in spellings(word):
        if not form.endswith(spelling):
            continue
        before = form[: len(form) - len(spelling)]
        if before.startswith("ا") and not before.startswith(ARTICLE):
            return "as a question"
        if before not in PROCLITICS:
            continue
        return GROUPS[(before[:1] in "وف" and bool(before)) + 2 * (before[-1:] in "بلك" and bool(before))]
    return "as a question" if form.startswith("ا") and not form.startswith(ARTICLE) else "with the article"


def _as_typed(form: str, typed: str) -> str:
    """The form with the letters of the word as it was typed: «بغارة» rather than the normal form «بغاره»."""
    first = typed.split(maxsplit=1)[0] if typed.split() else typed
    for tail in (first, first.removeprefix(ARTICLE)):
        if tail and form.endswith(normal_form(tail)):
            return form[: len(form) - len(normal_form(tail))] + tail
    return form


def _other_words(term: Spelling, written: Iterable[str]) -> list[str]:
    """What looks like a form and is a word of its own."""
    if term.attached == "nothing":
        return []
    heads = spellings(term.words[0])
    return sorted({proclitic + head for head in heads for proclitic in PROCLITICS} - set(written))


def _line(name: str, listed: Iterable[str]) -> Text:
    words = list(listed)
    rest = f" … and {len(words) - MOST} more (--json)" if len(words) > MOST else ""
    return (
        Text()
        .append(f"  {name:{WIDTH}} ", style="dim")
        .append(inset("، ".join(words[:MOST])))
        .append(rest + "\n", style="dim")
    )


def _actor_text(described: Mapping[str, Any]) -> Text:
    actor = described["actor"]
    text = (
        Text()
        .append(inset(described["term"]), style="bold")
        .append(
            f"  is the actor «{actor['id']}»: {inset(actor['name'])}, {actor['english']} ({actor['kind']})\n",
            style="not bold",
        )
    )
    free = [alias for alias in described["aliases"] if alias["condition"] is None]
    for name, group in (("names", "name"), ("adjectives", "nisba"), ("plurals", "plural")):
        if listed := [alias["written"] for alias in free if alias["group"] == group]:
            text.append_text(_line(name, listed))
    for alias in described["aliases"]:
        if alias["condition"] is not None:
            said = [f"{CONDITIONS[key]} {_list(words)}" for key, words in alias["condition"].items()]
            written = inset(alias["written"]) + " " * (WIDTH - len(alias["written"]))
            text.append(f"  {written} ").append("; ".join(said) + "\n", style="dim")
    example = next((it["written"] for it in free if len(terms(it["written"])) == 1 and it["written"] > "ء"), None)
    if example is not None:
        word = terms(example)[0]
        forms = [form for form in with_proclitics(word) if _group(form, word) != "as a question"]
        attached = [_as_typed(form, example) for form in sorted(forms, key=lambda it: (len(it), it))]
        text.append_text(_line("attached, as in", attached))
    return text


def _list(words: Iterable[str]) -> str:
    return " ".join(f"any of [words] {word[1:]}" if word.startswith("$") else word for word in words)


def _word_text(described: Mapping[str, Any]) -> Text:
    meaning = {
        "forms": "any of these written forms",
        "proclitics": "these words side by side",
        "nothing": "this spelling alone",
    }[described["attached"]]
    text = Text().append(inset(described["term"]), style="bold").append(f"  is no actor: {meaning}\n")
    for name, listed in described["groups"].items():
        text.append_text(_line(LABELS.get(name, name), listed))
    if described["other_words"]:
        text.append_text(_line("words of their own", [f"not {word}" for word in described["other_words"]]))
    return text
