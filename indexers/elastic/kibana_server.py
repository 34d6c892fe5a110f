"""A Kibana over HTTP: whether it is ready, and saved objects put into it. What an answer means is decided apart from asking.

Messages name the address and never a secret. Redirects and the environment's proxies are not followed.
"""

import asyncio
import base64
import json
import ssl
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import aiohttp

from marsad.errors import OperatorError, RetryableError
from marsad.settings import ElasticsearchSettings, KibanaSettings

PASSING = frozenset((408, 425, 429, 500, 502, 503, 504))
"""Answers that may be others later; what stands before a Kibana that is only starting says 502 or 504."""
REFUSED = frozenset((401, 403))
SHOWN_ERRORS = 10
LONGEST_REASON = 300
_RIGHTS = (
    "set kibana.user with MARSAD_KIBANA__PASSWORD, or MARSAD_KIBANA__API_KEY, of somebody who may manage saved objects "
    "(where neither is set, those of the section elasticsearch are used)"
)


class Answer(NamedTuple):
    """What came back."""

    status: int
    body: bytes
    location: str = ""


class Kibana:
    """One Kibana; nothing is asked of it until a method is called."""

    def __init__(self, settings: KibanaSettings, elasticsearch: ElasticsearchSettings) -> None:
        """OperatorError where the settings cannot be used."""
        self.address = _address(settings.url)
        self._timeout = aiohttp.ClientTimeout(total=settings.timeout_s)
        self._headers = {"kbn-xsrf": "marsad", "User-Agent": "marsad", **authorization(settings, elasticsearch)}
        self._tls = _tls(settings.ca_file)

    def load(self, lines: bytes) -> int:
        """Import saved objects, over those with the same ids; returns how many.

        RetryableError where it may work later: Kibana is away, or not available yet. OperatorError where it will not.
        """
        return asyncio.run(self._load(lines))

    async def _load(self, lines: bytes) -> int:
        connector = aiohttp.TCPConnector(ssl=self._tls)
        async with aiohttp.ClientSession(
            connector=connector, timeout=self._timeout, headers=self._headers, cookie_jar=aiohttp.DummyCookieJar()
        ) as session:
            judge_status(await self._ask(session, "GET", "/api/status"), self.address)
            form = aiohttp.FormData()
            form.add_field("file", lines, filename="marsad.ndjson", content_type="application/ndjson")
            imported = await self._ask(session, "POST", "/api/saved_objects/_import?overwrite=true", form)
            return judge_import(imported, self.address)

    async def _ask(
        self, session: aiohttp.ClientSession, method: str, path: str, form: aiohttp.FormData | None = None
    ) -> Answer:
        try:
            async with session.request(method, f"{self.address}{path}", data=form, allow_redirects=False) as response:
                return Answer(response.status, await response.read(), response.headers.get("Location", ""))
        except (aiohttp.ClientSSLError, ssl.SSLError) as error:
            raise OperatorError(
                f"Kibana at {self.address} cannot be trusted: {_said(error)}; set kibana.ca_file, or mend kibana.url"
            ) from error
        except TimeoutError as error:
            raise RetryableError(f"Kibana at {self.address} does not answer in time") from error
        except (aiohttp.ClientError, OSError) as error:
            raise RetryableError(f"Kibana at {self.address} cannot be reached: {_said(error)}") from error


def _address(url: str) -> str:
    try:
        parts = urlsplit(url)
        named = parts.hostname is not None and parts.port != 0  # asking for the port raises where it is none
    except ValueError:
        named = False
    if "@" in url:
        raise OperatorError(
            "kibana.url: a name and a password do not belong into an address, which is shown in the log: set kibana.user and "
            "the environment variable MARSAD_KIBANA__PASSWORD"
        )
    if not named:
        raise OperatorError(f"kibana.url: {url} is no address")
    return url.rstrip("/")


def _said(error: Exception) -> str:
    """What went wrong with a connection, without the library's words for the address."""
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    return (cause.strerror if isinstance(cause, OSError) else None) or str(cause) or type(cause).__name__


def authorization(settings: KibanaSettings, elasticsearch: ElasticsearchSettings) -> Mapping[str, str]:
    """The header that says who we are: as the section kibana has it, else as elasticsearch has it; none where neither does."""
    for section, one in (("kibana", settings), ("elasticsearch", elasticsearch)):
        password, key = one.password.get_secret_value(), one.api_key.get_secret_value()
        if key and (one.user or password):
            raise OperatorError(f"{section}: set a user with a password, or an API key, and not both")
        if bool(one.user) != bool(password):
            raise OperatorError(f"{section}: user and password go together: set both, or neither")
        if key:
            if not (key.isprintable() and key == "".join(key.split())):
                raise OperatorError(f"{section}: the API key has a blank or a line end in it")
            return {"Authorization": f"ApiKey {key}"}
        if one.user:
            return {"Authorization": f"Basic {base64.b64encode(f'{one.user}:{password}'.encode()).decode()}"}
    return {}


def _tls(ca_file: str) -> ssl.SSLContext | bool:
    try:
        return ssl.create_default_context(cafile=ca_file) if ca_file else True
    except OSError as error:  # ssl.SSLError is one
        raise OperatorError(f"kibana.ca_file: {ca_file}: {error.strerror or error}") from error


def judge_status(answer: Answer, address: str) -> None:
    """Return where Kibana is available; RetryableError where it may be so later, OperatorError where it will not."""
    _judge(answer, address)
    overall = _object(_object(_object(_json(answer.body)).get("status")).get("overall"))
    level = overall.get("level")
    if level == "available":
        return
    if isinstance(level, str):
        raise RetryableError(f"Kibana at {address} is {level}: {overall.get('summary', '')}"[:LONGEST_REASON])
    if answer.status in PASSING:
        raise RetryableError(f"Kibana at {address} answers {answer.status}: {_reason(answer)}")
    raise OperatorError(
        f"what answers at {address} is no Kibana (status {answer.status} of /api/status): mend kibana.url, with the base path "
        "where Kibana has one"
    )


def judge_import(answer: Answer, address: str) -> int:
    """How many objects were imported; RetryableError where it may work later, OperatorError where it will not."""
    _judge(answer, address)
    if answer.status in PASSING:
        raise RetryableError(f"Kibana at {address} answers {answer.status}: {_reason(answer)}")
    said = _object(_json(answer.body))
    if answer.status != HTTPStatus.OK or not isinstance(said.get("success"), bool):
        raise OperatorError(f"Kibana at {address} refuses the import with {answer.status}: {_reason(answer)}")
    if said["success"]:
        return int(said.get("successCount", 0))
    errors = [_object(error) for error in said.get("errors", ())]
    shown = "\n".join(f"  {_failure(error)}" for error in errors[:SHOWN_ERRORS])
    more = f"\n  and {len(errors) - SHOWN_ERRORS} more" if len(errors) > SHOWN_ERRORS else ""
    raise OperatorError(f"Kibana at {address} did not take {len(errors)} objects; is it a Kibana 9?\n{shown}{more}")


def _judge(answer: Answer, address: str) -> None:
    """What holds of every answer."""
    if answer.status in REFUSED:
        raise OperatorError(f"Kibana at {address} answers {answer.status}: {_reason(answer)}; {_RIGHTS}")
    if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
        raise OperatorError(
            f"{address} leads on to {answer.location or 'elsewhere'}: put the final address into kibana.url"
        )


def _failure(error: Mapping[str, Any]) -> str:
    reason = _object(error.get("error"))
    missing = [_object(one) for one in reason.get("references", ())]
    about = reason.get("message") or ", ".join(f"{one.get('type')} {one.get('id')}" for one in missing)
    said = f"{error.get('type')} {error.get('id')}: {reason.get('type', 'unknown')}{f' ({about})' if about else ''}"
    return said[:LONGEST_REASON]


def _reason(answer: Answer) -> str:
    """What an answer says, on one line."""
    said = _object(_json(answer.body)).get("message")
    text = said if isinstance(said, str) else answer.body.decode(errors="replace")
    return " ".join(text.split())[:LONGEST_REASON] or "nothing further"


def _json(body: bytes) -> object:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
