"""A worker as a process of its own: `python -m tests.integration.faust.worker BOOTSTRAP GROUP PREFIX [MORE]`.

MORE is JSON: other fields of AgentSettings, and `metrics`, a port. An article whose title is BROKEN makes its annotator fail.
"""

import json
import sys

from marsad import log
from marsad.annotation import AnnotatedArticle
from marsad.article import Article
from marsad.catalogue import load_catalogue
from marsad.config import Config
from marsad.errors import OperatorError
from marsad.metrics import Metrics, serve
from processors.agents import AgentSettings, run_agents
from processors.annotate import Annotator

BROKEN = "معطوب"


class Breakable(Annotator):
    """An annotator with a bug."""

    def __call__(self, article: Article) -> AnnotatedArticle:
        if article.title == BROKEN:
            raise ZeroDivisionError("a bug")
        return super().__call__(article)


def main() -> int:
    bootstrap, group, prefix, *more = sys.argv[1:]
    given = json.loads(more[0]) if more else {}
    log.configure(level="info", form="json")
    metrics = Metrics()
    if port := given.pop("metrics", 0):
        serve("127.0.0.1", port)
    settings = AgentSettings(bootstrap=tuple(bootstrap.split(",")), group=group, prefix=prefix, **given)
    try:
        return run_agents(settings, Breakable(load_catalogue(Config().files("actors*.toml"))), metrics)
    except OperatorError as error:
        print(json.dumps({"event": "error", "text": str(error)}), file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
