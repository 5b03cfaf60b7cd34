"""What every service is told by its environment."""

import sys
from typing import Annotated, Any, TypeVar

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "TIERLINE_"
SHORTEST_SECRET = 32

Port = Annotated[int, Field(ge=1, le=65_535)]
SettingsT = TypeVar("SettingsT", bound=BaseSettings)


class ServiceSettings(BaseSettings):
    """Read from TIERLINE_... variables; a service adds its own fields in a subclass.

    Attributes:
        database_url: postgresql://user:password@host:port/database.
        kafka_bootstrap: host:port, several separated by commas.
        kafka_idempotent: an idempotent producer; the embedded broker lacks it, Kafka has it.
        kafka_replication: copies of each message, where a service has to make the topics: 3 on a
            cluster of three brokers or more.
        host: the address to listen on.
        port: the service's own HTTP port.
        secret: signs what leaves and comes back; at least 32 characters.
        other_secret: what comes back may be signed with this one, too: the next or the last one,
            while the secret is being changed; empty otherwise.
        router_url: where the router answers, without a slash at the end; likewise the others.
        smtp_host: the relay for mail; the local catcher on the development stack.
        smtp_port: its port.
        mail_catcher: the notifier itself catches the mail on smtp_port.
        development: the development stack: policy time can be sped up, pages need no TLS.
        home: the data folder of the development stack.
        supervisor_pid: the process that started the service and must not be outlived.
        stop_seconds: how long open work may take to finish at a stop.
        log_level: the lowest level that is logged.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    database_url: Annotated[str, Field(repr=False)]
    kafka_bootstrap: str
    kafka_idempotent: bool = False
    kafka_replication: Annotated[int, Field(ge=1, le=32_767)] = 1
    host: str = "127.0.0.1"
    port: Port
    secret: Annotated[str, Field(min_length=SHORTEST_SECRET, repr=False)]
    other_secret: Annotated[str, Field(repr=False)] = ""
    router_url: str = ""
    intake_url: str = ""
    console_url: str = ""
    notifier_url: str = ""
    sla_timer_url: str = ""
    smtp_host: str = "127.0.0.1"
    smtp_port: Port = 25
    mail_catcher: bool = False
    development: bool = False
    home: str = ""
    supervisor_pid: Annotated[int, Field(ge=0)] = 0
    stop_seconds: Annotated[float, Field(gt=0, le=600)] = 10.0
    log_level: str = "info"

    @field_validator("database_url")
    @classmethod
    def _is_postgres(cls, value: str) -> str:
        if not value.startswith(("postgresql://", "postgres://")):
            raise ValueError("must look like postgresql://user:password@host:port/database")
        return value

    @field_validator("kafka_bootstrap")
    @classmethod
    def _is_host_and_port(cls, value: str) -> str:
        for address in value.split(","):
            host, _, port = address.strip().rpartition(":")
            if not host or not port.isdigit():
                raise ValueError("must be host:port, several separated by commas")
        return value

    @field_validator("other_secret")
    @classmethod
    def _is_long_enough(cls, value: str) -> str:
        if value and len(value) < SHORTEST_SECRET:
            raise ValueError(f"must be empty or have at least {SHORTEST_SECRET} characters")
        return value

    @field_validator("log_level")
    @classmethod
    def _is_level(cls, value: str) -> str:
        if value.lower() not in {"debug", "info", "warning", "error"}:
            raise ValueError("must be debug, info, warning or error")
        return value.lower()

    @field_validator("router_url", "intake_url", "console_url", "notifier_url", "sla_timer_url")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value.rstrip("/")

    @property
    def taken_secrets(self) -> tuple[str, ...]:
        """What something that comes back may be signed with."""
        return (self.secret, self.other_secret) if self.other_secret else (self.secret,)


class SettingsError(Exception):
    """The environment is not usable; the message names each variable and what is wrong."""


def load_settings(kind: type[SettingsT]) -> SettingsT:
    """Read the settings from the environment.

    Args:
        kind: ServiceSettings or a subclass.

    Returns:
        The settings, checked.

    Raises:
        SettingsError: one line for each variable that is missing or wrong; values are not shown.
    """
    try:
        return kind()
    except ValidationError as error:
        lines = [_explain(dict(problem)) for problem in error.errors(include_url=False)]
        raise SettingsError("\n".join(lines)) from error


def load_settings_or_exit(kind: type[SettingsT]) -> SettingsT:
    """Read the settings, or say on standard error what is wrong and end with code 2.

    Args:
        kind: ServiceSettings or a subclass.

    Returns:
        The settings, checked.
    """
    try:
        return load_settings(kind)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(2) from None


def _explain(problem: dict[str, Any]) -> str:
    variable = PREFIX + "_".join(str(part) for part in problem["loc"]).upper()
    if problem["type"] == "missing":
        return f"{variable} is not set"
    return f"{variable}: {str(problem['msg']).removeprefix('Value error, ')}"
