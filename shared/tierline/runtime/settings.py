"""What every service is told by its environment."""

import sys
from typing import Annotated, Any, Self, TypeVar
from urllib.parse import unquote, urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from tierline.messages.broker import Broker, Mechanism, Protocol, Tls
from tierline.store.environment import VariableError, variable
from tierline.store.pooler import Pooler

PREFIX = "TIERLINE_"
SHORTEST_SECRET = 32

Port = Annotated[int, Field(ge=1, le=65_535)]
SettingsT = TypeVar("SettingsT", bound=BaseSettings)


class FilesSource(PydanticBaseSettingsSource):
    """Any setting from the file that TIERLINE_..._FILE names: for mounted secrets."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """The content for one field, or None."""
        del field
        return variable(PREFIX + field_name.upper()) or None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """The contents of all files that are named."""
        found = {name: self.get_field_value(field, name)[0] for name, field in self._fields()}
        return {name: content for name, content in found.items() if content is not None}

    def _fields(self) -> list[tuple[str, FieldInfo]]:
        return list(self.settings_cls.model_fields.items())


class ServiceSettings(BaseSettings):
    """Read from TIERLINE_... variables; a service adds its own fields in a subclass.

    Each may stand in a file instead, named by the variable with _FILE behind it.

    Attributes:
        database_url: postgresql://user:password@host:port/database; `?sslmode=verify-full` and
            `&sslrootcert=FILE` behind it encrypt the line and check who answers.
        database_pooler: transaction: a pooler stands before PostgreSQL that lends a connection for
            one transaction only (PgBouncer's transaction mode); none: there is none.
        kafka_bootstrap: host:port, several separated by commas.
        kafka_security_protocol: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.
        kafka_sasl_mechanism: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.
        kafka_sasl_username: the login, with a SASL protocol.
        kafka_sasl_password: its password.
        kafka_ssl_ca_file: what the broker's certificate is checked against; empty: the system's.
        kafka_ssl_cert_file: our own certificate, where the broker asks for one.
        kafka_ssl_key_file: its key.
        kafka_idempotent: it is Apache Kafka, with an idempotent producer and fetches that are
            answered at once; the embedded broker has neither.
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
        drain_seconds: how long it serves on after it was asked to stop and said that it is not
            ready: longer than whoever sends to it takes to notice.
        stop_seconds: how long open work may take to finish after that.
        log_level: the lowest level that is logged.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    database_url: Annotated[str, Field(repr=False)]
    database_pooler: Pooler = "none"
    kafka_bootstrap: str
    kafka_security_protocol: Protocol = "PLAINTEXT"
    kafka_sasl_mechanism: Mechanism = "SCRAM-SHA-512"
    kafka_sasl_username: str = ""
    kafka_sasl_password: Annotated[str, Field(repr=False)] = ""
    kafka_ssl_ca_file: str = ""
    kafka_ssl_cert_file: str = ""
    kafka_ssl_key_file: str = ""
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
    drain_seconds: Annotated[float, Field(ge=0, le=600)] = 0.0
    stop_seconds: Annotated[float, Field(gt=0, le=600)] = 10.0
    log_level: str = "info"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What was passed in, then files, then variables."""
        del dotenv_settings, file_secret_settings
        return init_settings, FilesSource(settings_cls), env_settings

    @property
    def broker(self) -> Broker:
        """The broker, with the login for it."""
        tls = Tls(self.kafka_ssl_ca_file, self.kafka_ssl_cert_file, self.kafka_ssl_key_file)
        return Broker(
            self.kafka_bootstrap,
            self.kafka_security_protocol,
            self.kafka_sasl_mechanism,
            self.kafka_sasl_username,
            self.kafka_sasl_password,
            tls,
            answers_at_once=self.kafka_idempotent,
        )

    @model_validator(mode="after")
    def _login_is_whole(self) -> Self:
        if self.kafka_security_protocol.startswith("SASL_"):
            for name in ("kafka_sasl_username", "kafka_sasl_password"):
                if not getattr(self, name):
                    raise ValueError(
                        f"{PREFIX}{name.upper()} is needed with {self.kafka_security_protocol}"
                    )
        return self

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


def secrets_of(settings: BaseSettings) -> set[str]:
    """The values of `settings` that must be shown nowhere, and the passwords inside addresses.

    Which they are is said where they are declared: a field that is left out of the repr.
    """
    hidden = {
        str(getattr(settings, name))
        for name, field in type(settings).model_fields.items()
        if not field.repr
    }
    passwords = {password for value in hidden if (password := _password_in(value))}
    return (hidden | passwords | {unquote(password) for password in passwords}) - {""}


def _password_in(address: str) -> str:
    """The password of scheme://user:password@host, as it is written; empty where there is none."""
    try:
        return urlsplit(address).password or ""
    except ValueError:  # no address, or a broken one
        return ""


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
    except VariableError as error:
        raise SettingsError(str(error)) from error


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
    said = str(problem["msg"]).removeprefix("Value error, ")
    if not problem["loc"]:  # about several together, which it names itself
        return said
    named = PREFIX + "_".join(str(part) for part in problem["loc"]).upper()
    return f"{named} is not set" if problem["type"] == "missing" else f"{named}: {said}"
