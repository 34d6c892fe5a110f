"""What Kibana's answers mean, who we say we are, and that no message has a secret."""

import json
from typing import Any

import pytest
from pydantic import SecretStr

from indexers.elastic.kibana_server import Answer, Kibana, authorization, judge_import, judge_status
from marsad.errors import OperatorError, RetryableError
from marsad.settings import ElasticsearchSettings, KibanaSettings

HERE = "http://kibana.example"


def answer(status: int, body: object = "", location: str = "") -> Answer:
    return Answer(status, (body if isinstance(body, str) else json.dumps(body)).encode(), location)


def overall(level: str, summary: str = "") -> object:
    return {"status": {"overall": {"level": level, "summary": summary}}}


def test_an_available_kibana_is_ready() -> None:
    judge_status(answer(200, overall("available")), HERE)


@pytest.mark.parametrize(
    ("came", "message"),
    [
        (answer(503, "Kibana server is not ready yet"), "answers 503: Kibana server is not ready yet"),
        (answer(502, "<html>Bad\nGateway</html>"), "answers 502: <html>Bad Gateway</html>"),
        (
            answer(503, overall("critical", "1 service is critical: elasticsearch")),
            "is critical: 1 service is critical",
        ),
        (answer(200, overall("degraded", "some")), "is degraded: some"),
        (answer(429), "answers 429: nothing further"),
    ],
)
def test_a_kibana_that_is_not_ready_yet_is_waited_for(came: Answer, message: str) -> None:
    with pytest.raises(RetryableError) as caught:
        judge_status(came, HERE)
    assert message in str(caught.value)
    assert HERE in str(caught.value)


@pytest.mark.parametrize(
    ("came", "message"),
    [
        (answer(401, {"message": "unable to authenticate"}), "answers 401: unable to authenticate; set kibana.user"),
        (answer(403, {"message": "no"}), "MARSAD_KIBANA__API_KEY"),
        (answer(302, "", "/login"), "leads on to /login: put the final address into kibana.url"),
        (answer(404, "not here"), "is no Kibana (status 404 of /api/status): mend kibana.url"),
        (answer(200, "<html>"), "is no Kibana"),
        (answer(200, {"name": "node", "tagline": "You Know, for Search"}), "is no Kibana"),
        (answer(200, [1]), "is no Kibana"),
    ],
)
def test_what_waiting_does_not_mend_is_said_at_once(came: Answer, message: str) -> None:
    with pytest.raises(OperatorError) as caught:
        judge_status(came, HERE)
    assert message in str(caught.value)


def test_an_import_says_how_many_objects_it_took() -> None:
    assert judge_import(answer(200, {"success": True, "successCount": 18, "warnings": []}), HERE) == 18


def failed(*errors: object) -> Answer:
    return answer(200, {"success": False, "successCount": 0, "errors": errors})


@pytest.mark.parametrize(
    ("came", "messages"),
    [
        (
            failed(
                {
                    "id": "a",
                    "type": "dashboard",
                    "error": {"type": "missing_references", "references": [{"type": "search", "id": "b"}]},
                },
                {
                    "id": "c",
                    "type": "search",
                    "error": {"type": "unknown", "message": "a more recent version", "statusCode": 422},
                },
            ),
            [
                "did not take 2 objects",
                "dashboard a: missing_references (search b)",
                "search c: unknown (a more recent version)",
            ],
        ),
        (
            failed(*({"id": str(n), "type": "search", "error": {"type": "conflict"}} for n in range(14))),
            ["search 9: conflict", "and 4 more"],
        ),
        (
            answer(400, {"message": "Invalid file extension .txt"}),
            ["refuses the import with 400: Invalid file extension"],
        ),
        (answer(413, {"message": "Payload content length greater"}), ["refuses the import with 413"]),
        (answer(404, "no such path"), ["refuses the import with 404: no such path"]),
        (answer(200, "<html>"), ["refuses the import with 200: <html>"]),
        (answer(401, {"message": "expired"}), ["answers 401: expired; set kibana.user"]),
    ],
)
def test_an_import_that_failed_says_of_what_and_why(came: Answer, messages: list[str]) -> None:
    with pytest.raises(OperatorError) as caught:
        judge_import(came, HERE)
    for message in messages:
        assert message in str(caught.value)


def test_an_import_that_met_a_busy_kibana_is_tried_again() -> None:
    with pytest.raises(RetryableError, match="answers 503"):
        judge_import(answer(503, "busy"), HERE)


@pytest.mark.parametrize(
    ("kibana", "elasticsearch", "expected"),
    [
        ({}, {}, {}),
        ({"user": "مرصد", "password": "سر"}, {"api_key": "x"}, {"Authorization": "Basic 2YXYsdi12K862LPYsQ=="}),
        ({"api_key": "a2V5"}, {"user": "u", "password": "p"}, {"Authorization": "ApiKey a2V5"}),
        ({}, {"user": "u", "password": "p"}, {"Authorization": "Basic dTpw"}),
        ({}, {"api_key": "a2V5"}, {"Authorization": "ApiKey a2V5"}),
    ],
)
def test_who_we_are_is_what_kibana_has_else_what_elasticsearch_has(
    kibana: dict[str, str], elasticsearch: dict[str, str], expected: dict[str, str]
) -> None:
    assert authorization(KibanaSettings(**secret(kibana)), ElasticsearchSettings(**secret(elasticsearch))) == expected


def secret(given: dict[str, str]) -> dict[str, Any]:
    return {name: value if name == "user" else SecretStr(value) for name, value in given.items()}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"user": "u", "password": "sesame", "api_key": "sesame"}, "kibana: set a user with a password, or an API key"),
        ({"user": "u"}, "kibana: user and password go together"),
        ({"password": "sesame"}, "kibana: user and password go together"),
        ({"api_key": "sesame\n"}, "kibana: the API key has a blank or a line end in it"),
        ({"api_key": "ses ame"}, "kibana: the API key has a blank or a line end in it"),
    ],
)
def test_half_a_name_is_refused_without_the_secret(given: dict[str, str], message: str) -> None:
    with pytest.raises(OperatorError, match=message) as caught:
        Kibana(KibanaSettings(**secret(given)), ElasticsearchSettings())
    assert "sesame" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://marsad:sesame@kibana.example", "do not belong into an address"),
        ("http://[kibana", r"kibana.url: http://\[kibana is no address"),
        ("http://kibana:port", "kibana.url: http://kibana:port is no address"),
        ("http://:5601", "kibana.url: http://:5601 is no address"),
    ],
)
def test_an_address_that_is_none_is_refused_before_anything_is_asked(url: str, message: str) -> None:
    with pytest.raises(OperatorError, match=message) as caught:
        Kibana(KibanaSettings(url=url), ElasticsearchSettings())
    assert "sesame" not in str(caught.value)


def test_a_file_of_an_authority_that_is_not_there_is_named() -> None:
    with pytest.raises(OperatorError, match=r"kibana.ca_file: /nowhere/ca.pem: No such file"):
        Kibana(KibanaSettings(ca_file="/nowhere/ca.pem"), ElasticsearchSettings())
