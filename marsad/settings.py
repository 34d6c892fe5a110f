"""The settings, read once and validated whole: flags, then environment, then config/marsad.toml, then the defaults here.

`MARSAD_FETCH__TIMEOUT_S=5` sets `timeout_s` of the section `fetch`. The files that ship with marsad are the defaults of a
configuration directory; one given by `--config` replaces them file by file.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from marsad.config import Config, read_toml
from marsad.errors import OperatorError

PREFIX = "MARSAD_"
FILE = "marsad.toml"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FetchSettings(_Section):
    """How feeds are fetched."""

    interval_s: Annotated[float, Field(ge=0.1, le=86_400)] = 300
    """Seconds between two polls of a feed that works."""
    timeout_s: Annotated[float, Field(ge=0.1, le=600)] = 20
    """Seconds that one fetch may take, redirects included."""
    max_bytes: Annotated[int, Field(ge=1_024, le=268_435_456)] = 5_242_880
    """Largest body of a feed, in bytes after decompression; a larger one fails."""
    concurrency: Annotated[int, Field(ge=1, le=256)] = 8
    """Feeds fetched at the same time."""
    per_host: Annotated[int, Field(ge=1, le=64)] = 2
    """Requests to one host at the same time, at most."""
    allow: list[Annotated[str, Field(min_length=1, pattern=r"^[^\s@]+$")]] = []
    """Hosts (`name`, `name:port`, an address, a network such as `10.1.0.0/16`) that may be inside this machine or its network."""
    full_text: bool = True
    """Whether the page of an article is fetched where the feed has a summary only."""
    pages_per_poll: Annotated[int, Field(ge=0, le=1_000)] = 20
    """Pages fetched in one poll of a feed at most, those of the articles published last."""
    page_timeout_s: Annotated[float, Field(ge=0.1, le=600)] = 8
    """Seconds that a poll may wait for all its pages; what has not come by then is published with the feed's text."""
    page_max_bytes: Annotated[int, Field(ge=1_024, le=268_435_456)] = 2_097_152
    """Largest page of an article, in bytes after decompression; of a larger one the feed's text is kept."""
    user_agent: Annotated[str, Field(min_length=1, pattern=r"^[ -~]+$")] = "marsad/0.1 (news monitor)"
    """What marsad calls itself to a site; name a contact address here."""


class IngestSettings(_Section):
    """Which feeds are ours."""

    shard: Annotated[str, Field(pattern=r"^[1-9]\d{0,2}/[1-9]\d{0,2}$")] = "1/1"
    """Of several `ingest`, the how manieth of how many this is: each takes the feeds of its own hosts."""

    @field_validator("shard")
    @classmethod
    def _within(cls, shard: str) -> str:
        number, of = map(int, shard.split("/"))
        if number > of:
            raise ValueError(f"shard {number} of {of}: the first number is from 1 to the second")
        return shard


class StoriesSettings(_Section):
    """How articles are joined into stories."""

    window_h: Annotated[float, Field(gt=0, le=720)] = 72
    """Hours between two articles of one story, at most."""
    similarity: Annotated[float, Field(gt=0, le=1)] = 0.6
    """Share of the shorter text's word sequences that makes an article a copy, at least."""
    likeness: Annotated[float, Field(gt=0.5, le=1)] = 0.85
    """Probability that an article which is no copy tells the same happening, at least; 1 joins copies only."""


class AlertsSettings(_Section):
    """When a match is told."""

    max_age_h: Annotated[float, Field(gt=0, le=8_760)] = 24
    """Articles older than this when first seen are stored, and not told."""
    first_poll_max_age_h: Annotated[float, Field(ge=0, le=8_760)] = 1
    """The same for what a feed's first successful poll brings."""


class RetentionSettings(_Section):
    """What is kept, and for how long. What a stage has yet to read is never forgotten."""

    log_days: Annotated[float, Field(gt=0, le=36_500)] = 30
    """Days that the message log keeps a message; a new search store is filled from what is there."""
    log_max_mb: Annotated[int, Field(ge=0)] = 4_000
    """Most megabytes that `marsad.db` may hold before the oldest messages go early; 0 is no limit."""
    store_days: Annotated[float, Field(gt=0, le=36_500)] = 730
    """Days after publication that an article can be searched."""
    store_max_mb: Annotated[int, Field(ge=0)] = 20_000
    """Most megabytes that `search.db` may hold before the oldest articles go early; 0 is no limit."""


class KafkaSettings(_Section):
    """How Kafka is reached in the cluster, and how the topics are made there."""

    bootstrap: Annotated[list[Annotated[str, Field(pattern=r"^[^\s@/]+:\d+$")]], Field(min_length=1)] = [
        "127.0.0.1:9092"
    ]
    """Brokers to begin with, each `host:port`; these name the others."""
    prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{0,100}$")] = ""
    """What stands before the name of each topic and of the consumer group there, where several marsads share a cluster."""
    replication: Annotated[int, Field(ge=1, le=16)] = 1
    """Copies of each topic; with 3, one broker may be lost and writing goes on."""
    articles_partitions: Annotated[int, Field(ge=1, le=1_000)] = 4
    """Partitions of marsad.articles, and so the most processes that annotate at the same time; the other topics have one."""
    retention_days: Annotated[float, Field(gt=0, le=36_500)] = 30
    """Days that Kafka keeps a message; of alerts and feed health it keeps the newest of each for ever."""
    max_message_bytes: Annotated[int, Field(ge=100_000, le=100_000_000)] = 1_000_000
    """Most bytes of one message, key and value together; what is larger goes to the dead letters."""
    security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    """Whether the connection is encrypted (SSL) and who we are is shown by a password (SASL)."""
    tls_ca: str = ""
    """Certificates of the authorities that are trusted, in PEM; empty trusts those of this machine."""
    tls_certificate: str = ""
    """Our own certificate in PEM, where the brokers ask for one."""
    tls_key: str = ""
    """The key of that certificate."""
    tls_key_password: SecretStr = SecretStr("")
    """The password of that key; taken from the environment only."""
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    """How the password is shown."""
    sasl_username: str = ""
    """Our name with the brokers."""
    sasl_password: SecretStr = SecretStr("")
    """The password for it; taken from the environment only."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.security.startswith("SASL") and not (self.sasl_username and self.sasl_password.get_secret_value()):
            raise ValueError(
                f"security {self.security} needs sasl_username, and the password in {PREFIX}KAFKA__SASL_PASSWORD"
            )
        return self


class ElasticsearchSettings(_Section):
    """The search store of a cluster."""

    urls: Annotated[list[Annotated[str, Field(pattern=r"^https?://[^\s/]+(/\S*)?$")]], Field(min_length=1)] = [
        "http://127.0.0.1:9200"
    ]
    """Addresses of its nodes; where one is away the next is asked."""
    user: str = ""
    """Whom marsad is there, with `password`; or `api_key`, or neither where nobody is asked."""
    password: SecretStr = SecretStr("")
    """Belongs into the environment: `MARSAD_ELASTICSEARCH__PASSWORD`."""
    api_key: SecretStr = SecretStr("")
    """The same: `MARSAD_ELASTICSEARCH__API_KEY`."""
    ca_file: str = ""
    """PEM file of the authority that the nodes' certificates are checked by; empty for those that the system trusts."""
    prefix: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")] = "marsad"
    """What the names of all indices, templates and aliases begin with."""
    shards: Annotated[int, Field(ge=1, le=64)] = 1
    """Primary shards of a month's articles, from the next index on."""
    replicas: Annotated[str, Field(pattern=r"^\d{1,2}(-(\d{1,2}|all))?$")] = "0-1"
    """Copies of each shard, from the next index on: a number, or a range that follows the number of nodes."""
    timeout_s: Annotated[float, Field(ge=0.1, le=600)] = 30
    """Seconds that one request may take."""


class KibanaSettings(_Section):
    """Where `marsad kibana load` puts data views, saved searches and the dashboard."""

    url: Annotated[str, Field(pattern=r"^https?://[^\s/]+(/\S*)?$")] = "http://127.0.0.1:5601"
    """Its address, with the base path where it has one, and `/s/NAME` for a space of that name."""
    user: str = ""
    """Whom marsad is there, with `password`; or `api_key`. Where neither is set, those of `elasticsearch` are used."""
    password: SecretStr = SecretStr("")
    """Belongs into the environment: `MARSAD_KIBANA__PASSWORD`."""
    api_key: SecretStr = SecretStr("")
    """The same: `MARSAD_KIBANA__API_KEY`."""
    ca_file: str = ""
    """PEM file of the authority that its certificate is checked by; empty for those that the system trusts."""
    wait_s: Annotated[float, Field(ge=0, le=3_600)] = 300
    """Seconds that Kibana may take to become available."""
    timeout_s: Annotated[float, Field(ge=0.1, le=600)] = 60
    """Seconds that one request may take."""


class LogSettings(_Section):
    """What is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    """The least severe events that are written."""
    format: Literal["text", "json"] = "text"
    """For people, or a JSON object a line for programs."""


class MetricsSettings(_Section):
    """The metrics page for Prometheus."""

    address: str = "127.0.0.1"
    """The address it listens on."""
    port: Annotated[int, Field(ge=0, le=65_535)] = 0
    """Its port; 0 is off."""


class Settings(BaseSettings):
    """All settings of one process."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    mode: Literal["embedded", "cluster"] = "embedded"
    """Everything in one process with no server, or services of their own between Kafka and Elasticsearch."""
    data: Path = Path("data")
    """The directory that holds all state."""
    fetch: FetchSettings = FetchSettings()
    ingest: IngestSettings = IngestSettings()
    stories: StoriesSettings = StoriesSettings()
    alerts: AlertsSettings = AlertsSettings()
    retention: RetentionSettings = RetentionSettings()
    kafka: KafkaSettings = KafkaSettings()
    elasticsearch: ElasticsearchSettings = ElasticsearchSettings()
    kibana: KibanaSettings = KibanaSettings()
    log: LogSettings = LogSettings()
    metrics: MetricsSettings = MetricsSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment goes before what was read from the file, which comes in as arguments."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings


def load_settings(config: Config, *, data: Path | None = None) -> Settings:
    """The settings; OperatorError names each wrong one, where it was set and what is allowed. `data` is the flag's."""
    path = config.file(FILE)
    given = read_toml(path)
    unknown = _secrets_in_file(path, given)
    unknown += [f"environment variable {name}: there is no such setting" for name in _unknown_variables()]
    try:
        settings = Settings(**given)
    except ValidationError as error:
        lines = [_complaint(path, problem) for problem in error.errors(include_url=False)]
        raise OperatorError("\n".join(unknown + lines)) from error
    except SettingsError as error:
        raise OperatorError(f"the environment: {error}; a section is set as in MARSAD_FETCH__TIMEOUT_S=5") from error
    if unknown:
        raise OperatorError("\n".join(unknown))
    return settings if data is None else settings.model_copy(update={"data": data})


def _secrets_in_file(path: Path, given: Mapping[str, Any]) -> list[str]:
    """A complaint about each password in the file, without the password."""
    return [
        f"{path}: {section}.{name}: a password does not belong in a file: set {PREFIX}{section.upper()}__{name.upper()}"
        for section, field in Settings.model_fields.items()
        for name, inner in getattr(field.annotation, "model_fields", {}).items()
        if inner.annotation is SecretStr and isinstance(given.get(section), dict) and name in given[section]
    ]


def _unknown_variables() -> list[str]:
    """Variables that would set something in a section that does not exist, such as MARSAD_FECH__TIMEOUT_S."""
    sections = {name.upper() for name in Settings.model_fields}
    names = [name for name in os.environ if name.upper().startswith(PREFIX) and "__" in name]
    return sorted(name for name in names if name.upper().removeprefix(PREFIX).split("__")[0] not in sections)


def _complaint(path: Path, problem: Mapping[str, Any]) -> str:
    keys = [str(part) for part in problem["loc"]]
    name = ".".join(keys)
    variables = {PREFIX + "__".join(keys[: depth + 1]).upper() for depth in range(len(keys))}
    setter = next((found for found in sorted(os.environ, reverse=True) if found.upper() in variables), None)
    place = f"environment variable {setter}" if setter else str(path)
    if problem["type"] == "extra_forbidden":
        section: Any = Settings
        for key in keys[:-1]:
            section = section.model_fields[key].annotation
        allowed = ", ".join(sorted(section.model_fields))
        return f"{place}: there is no setting «{name}»; here can stand: {allowed}"
    shown = f", not {problem['input']!r}" if isinstance(problem["input"], str | int | float | bool) else ""
    message = problem["msg"][0].lower() + problem["msg"][1:]
    return f"{place}: {name}: {message}{shown}"
