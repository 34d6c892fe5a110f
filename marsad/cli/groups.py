"""The groups of commands, `feeds`, `kibana`, `replay` and `rules`, with their options and help; as light to import as `app`."""

from pathlib import Path
from typing import Annotated

import typer

from marsad.cli.options import ConfigOption, DataOption, JsonOption

feeds_app = typer.Typer(no_args_is_help=True, help="The feeds that are polled.")
kibana_app = typer.Typer(no_args_is_help=True, help="Cluster: a dashboard, saved searches and data views for Kibana.")
replay_app = typer.Typer(
    no_args_is_help=True, help="Give another try: to articles, dead letters, and what receivers refused."
)
rules_app = typer.Typer(no_args_is_help=True, help="The rules of alerts.toml, and what a query means.")


@feeds_app.command("add")
def feeds_add(
    url: Annotated[str, typer.Argument(help="The address of an RSS or Atom feed, http or https.")],
    title: Annotated[str, typer.Option(help="What to call the outlet; else what the feed calls itself.")] = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Poll one more feed, from now on; a running marsad takes it up at once."""
    from marsad.cli.feeds import add

    add(config, data, url, title)


@feeds_app.command("remove")
def feeds_remove(
    feed: Annotated[str, typer.Argument(help="The id or the address of a feed, as «feeds list» shows them.")],
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Poll a feed no more. Its articles stay, and it tells none of them again if it is added later."""
    from marsad.cli.feeds import remove

    remove(config, data, feed)


@feeds_app.command("import")
def feeds_import(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="OPML, or text with an address a line, or TSV; - is standard input; none: the list that ships with marsad."
        ),
    ] = None,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Add the feeds of a list. Those that are there already stay as they are; exit code 1 where a line could not be taken."""
    from marsad.cli.feeds import import_list

    raise typer.Exit(import_list(config, data, file))


@feeds_app.command("export")
def feeds_export(config: ConfigOption = None, data: DataOption = None) -> None:
    """Write the feeds as OPML to standard output, for another reader or another marsad."""
    from marsad.cli.feeds import export

    export(config, data)


@feeds_app.command("status")
def feeds_status(
    feed: Annotated[
        str | None, typer.Argument(help="The id or the address of a feed; none: all, the failing ones first.")
    ] = None,
    config: ConfigOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how each feed does: since when, its last success, the next poll, what went wrong, how many articles."""
    from marsad.cli.feeds import status

    status(config, data, feed, as_json=as_json)


@feeds_app.command("list")
def feeds_list(config: ConfigOption = None, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Show the feeds and how each is doing."""
    from marsad.cli.feeds import show

    show(config, data, as_json=as_json)


@kibana_app.command("export")
def kibana_export(config: ConfigOption = None) -> None:
    """Write them to standard output as Kibana imports them, one object a line."""
    from marsad.cli.kibana import export

    export(config)


@kibana_app.command("load")
def kibana_load(config: ConfigOption = None) -> None:
    """Put them into the Kibana of the settings, over what an earlier load put there; waits until it is available."""
    from marsad.cli.kibana import load_into

    load_into(config)


@replay_app.command("dead-letters")
def replay_dead_letters(
    stage: Annotated[str, typer.Option(help="Only those of this stage: annotate, group, index, notify.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show them, and replay none.")] = False,
    config: ConfigOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Give the messages that could not be processed another try, once the cause is mended."""
    from marsad.cli.replaying import dead_letters

    raise typer.Exit(dead_letters(config, data, stage=stage, dry_run=dry_run, as_json=as_json))


@replay_app.command("articles")
def replay_articles(
    since: Annotated[str, typer.Option(help="From what came in since: 30m, 24h, 7d, or a date.")] = "24h",
    until: Annotated[str, typer.Option(help="Up to this time; else to the end.")] = "",
    config: ConfigOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Annotate and index articles anew, after a change of the catalogue for instance. What was told is not told again."""
    from marsad.cli.replaying import articles as again

    raise typer.Exit(again(config, data, since=since, until=until, as_json=as_json))


@replay_app.command("notifications")
def replay_notifications(
    receiver: Annotated[str, typer.Option(help="Only what this receiver refused; else all.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show them, and offer none.")] = False,
    config: ConfigOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Offer receivers again what they refused for good, once their address or secret is mended."""
    from marsad.cli.replaying import notifications

    raise typer.Exit(notifications(config, data, receiver=receiver, dry_run=dry_run, as_json=as_json))


@rules_app.command("check")
def rules_check(config: ConfigOption = None) -> None:
    """Check rules, receivers and the variables that hold their secrets. Exit code 2 with all that is wrong."""
    from marsad.cli.rules import check

    check(config)


@rules_app.command("forms")
def rules_forms(
    query: Annotated[str, typer.Argument(help="A query as in a rule: داعش, «قسد OR داعش», '\"غارة جوية\"'.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what each term of a query means: an actor with its names, or a word with its written forms."""
    from marsad.cli.forms import show_forms

    show_forms(config, query, as_json=as_json)
