"""The commands with their options and help (`groups` has the rest). Nothing heavy is imported here, so that --help is quick."""

from pathlib import Path
from typing import Annotated

import typer

from marsad.cli.groups import feeds_app, kibana_app, replay_app, rules_app
from marsad.cli.options import ConfigOption, DataOption, JsonOption

app = typer.Typer(
    name="marsad",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help=(
        "مرصد marsad, a news monitor for Arabic: it polls feeds, finds the actors and events in what they publish, makes it "
        "searchable, and tells people within seconds when something they watch for is published.\n\n"
        "New here? [bold]marsad demo[/bold] shows all of it in a minute. To use it: [bold]marsad feeds add URL[/bold], put "
        "rules into config/alerts.toml, and [bold]marsad run[/bold]."
    ),
)
app.add_typer(feeds_app, name="feeds")
app.add_typer(kibana_app, name="kibana")
app.add_typer(replay_app, name="replay")
app.add_typer(rules_app, name="rules")


@app.command()
def run(config: ConfigOption = None, data: DataOption = None) -> None:
    """Run everything in this process: poll, annotate, group into stories, index, alert. Ends on Ctrl-C or SIGTERM."""
    from marsad.cli.running import run_until_stopped

    run_until_stopped(config, data)


@app.command()
def demo(
    data: DataOption = None,
    once: Annotated[bool, typer.Option("--once", help="End when all has happened: 0 if it did, 1 if not.")] = False,
) -> None:
    """Watch marsad work on invented feeds that the demo itself serves on this machine."""
    from marsad.cli.demo import run_demo

    raise typer.Exit(run_demo(data, once=once))


@app.command()
def ingest(
    once: Annotated[bool, typer.Option("--once", help="Poll every feed once, now, and end.")] = False,
    config: ConfigOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Poll the feeds and put their articles into the log; nothing else. `run` does this too."""
    from marsad.cli.ingesting import ingest_only

    raise typer.Exit(ingest_only(config, data, once=once, as_json=as_json))


@app.command()
def process(config: ConfigOption = None, data: DataOption = None) -> None:
    """Cluster: find the actors and events in articles; start as many as there is work for. Ends on Ctrl-C or SIGTERM."""
    from marsad.cli.cluster import run_process

    raise typer.Exit(run_process(config, data))


@app.command()
def group(config: ConfigOption = None, data: DataOption = None) -> None:
    """Cluster: join annotated articles into stories. One is active; a second on the same volume stands by."""
    from marsad.cli.cluster import run_group

    run_group(config, data)


@app.command()
def index(config: ConfigOption = None, data: DataOption = None) -> None:
    """Cluster: make stories, alerts and the health of feeds searchable in Elasticsearch."""
    from marsad.cli.cluster import run_index_service

    run_index_service(config, data)


@app.command()
def notify(config: ConfigOption = None, data: DataOption = None) -> None:
    """Cluster: meet stories with the alert rules, and tell people. One is active; a second on the same volume stands by."""
    from marsad.cli.cluster import run_notify

    run_notify(config, data)


@app.command()
def annotate(
    file: Annotated[
        Path | None, typer.Argument(help="An article in UTF-8 whose first line is its title; - is standard input.")
    ] = None,
    published: Annotated[
        str | None, typer.Option(help="When it was published, as ISO 8601; words such as «أمس» are resolved by it.")
    ] = None,
    as_json: JsonOption = False,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="Read documents {id, title, text, published} a line, write one a line.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Show the actors and events that marsad finds in an article."""
    from marsad.cli.annotating import annotate_file, annotate_lines

    if jsonl:
        raise typer.Exit(annotate_lines(config, file))
    annotate_file(config, file, published, as_json=as_json)


@app.command()
def match(
    query: Annotated[str, typer.Argument(help="What to look for, as in a rule: داعش, «قسد OR داعش», '\"غارة جوية\"'.")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Files of documents {id, title, text, published} a line; none: standard input."),
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Say for each document whether a rule with this query would meet it, and where. Needs no data directory."""
    from marsad.cli.matching import match_lines

    raise typer.Exit(match_lines(config, query, files or []))


@app.command()
def search(
    query: Annotated[
        str,
        typer.Argument(
            help='What to look for: a name, words, "a phrase", =spelling, OR, -word; actor: event: place: source: title: '
            "since: until: (docs/queries.md)."
        ),
    ],
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, max=1000, help="Articles shown, the last published first.")
    ] = 10,
    before: Annotated[
        int | None,
        typer.Option("--before", help="Go on behind the article with this cursor; the last line and --json give it."),
    ] = None,
    best: Annotated[
        bool, typer.Option("--best", help="Not the newest first, but those that say it most, of the newest 10,000.")
    ] = False,
    config: ConfigOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Search the stored articles; hits are marked. Exit code 1 where nothing is found."""
    from marsad.cli.searching import search_store

    raise typer.Exit(search_store(config, data, query, limit=limit, before=before, best=best, as_json=as_json))


@app.command()
def articles(
    feed: Annotated[str, typer.Option(help="Only those of this feed: its id or address.")] = "",
    since: Annotated[str, typer.Option(help="Only what came in since: 30m, 24h, 7d, or a date.")] = "",
    versions: Annotated[bool, typer.Option("--versions", help="Every version, not only the newest.")] = False,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=0, help="Articles shown, the last that came first; 0 is all.")
    ] = 0,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="For programs: all fields, an article a line.")] = False,
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Show what ingest recorded, straight from the log, whether or not it is indexed yet."""
    from marsad.cli.articles import show_articles

    raise typer.Exit(show_articles(config, data, feed=feed, since=since, versions=versions, limit=limit, jsonl=jsonl))


@app.command("check-config")
def check_config(config: ConfigOption = None, data: DataOption = None) -> None:
    """Check settings, catalogue, rules and the panels for Kibana; exit code 2 with every complaint where something is wrong."""
    from marsad.cli.checking import check

    raise typer.Exit(check(config, data))


@app.command()
def stories(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            help="With --jsonl, files of documents {id, title, text, published, outlet}; none: standard input."
        ),
    ] = None,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="Group documents in order of arrival, and write {id, story} for each.")
    ] = False,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, max=1000, help="Stories shown, those with the latest articles first.")
    ] = 10,
    config: ConfigOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the latest stories of a data directory, with the reason why their articles are together. Exit code 1: there are none."""
    from marsad.cli.stories import group_lines, list_stories

    if jsonl:
        raise typer.Exit(group_lines(config, files or []))
    raise typer.Exit(list_stories(config, data, limit=limit, as_json=as_json))


@app.command()
def status(config: ConfigOption = None, data: DataOption = None, as_json: JsonOption = False) -> None:
    """Show what a data directory holds: feeds, articles, how far each stage is, alerts, dead letters.

    In the cluster: what Kafka and Elasticsearch hold, and the data directory if it is there. Exit code 1: one of them is away.
    """
    from marsad.cli.status import show_status

    raise typer.Exit(show_status(config, data, as_json=as_json))


@app.command()
def alerts(
    rule: Annotated[str | None, typer.Option("--rule", help="Only those of this rule.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="Alerts shown, the newest first.")] = 20,
    config: ConfigOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the last alerts: when, which rule, what, why, and what became of each telling."""
    from marsad.cli.alerts import list_alerts

    list_alerts(config, data, rule=rule, limit=limit, as_json=as_json)


@app.command()
def why(
    rule: Annotated[str, typer.Argument(help="The id of a rule.")],
    article: Annotated[str, typer.Argument(help="The id of a stored article, its beginning, or its address.")],
    config: ConfigOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Explain what a rule makes of an article: which terms are where, which are missing, and what was decided when."""
    from marsad.cli.why import explain_why

    explain_why(config, data, rule, article, as_json=as_json)
