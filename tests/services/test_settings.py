"""What services are told: by variables, by files, and what is refused."""

import ssl

import pytest

from tests.certificates import make_authority
from tierline.bus.connecting import client_settings
from tierline.messages.broker import Broker, Tls
from tierline.runtime.settings import ServiceSettings, SettingsError, load_settings
from tierline.store.environment import VALUE_BYTES_MAX, VariableError, variable

ENOUGH = {
    "TIERLINE_DATABASE_URL": "postgresql://u:p@127.0.0.1:1/d",
    "TIERLINE_KAFKA_BOOTSTRAP": "127.0.0.1:1",
    "TIERLINE_SECRET": "s" * 32,
    "TIERLINE_PORT": "1",
}


@pytest.fixture
def told(monkeypatch):
    """Sets the environment, and loads the settings from it."""

    def load(**more: str) -> ServiceSettings:
        for name, value in {**ENOUGH, **more}.items():
            monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name, raising=False)
        return load_settings(ServiceSettings)

    return load


def test_a_secret_may_stand_in_a_file(told, tmp_path):
    file = tmp_path / "secret"
    file.write_text("f" * 40 + "\n")
    settings = told(TIERLINE_SECRET="", TIERLINE_SECRET_FILE=str(file))
    assert settings.secret == "f" * 40


def test_a_file_and_a_variable_at_once_are_refused(told, tmp_path):
    (tmp_path / "secret").write_text("f" * 40)
    with pytest.raises(SettingsError, match="TIERLINE_SECRET and TIERLINE_SECRET_FILE are both"):
        told(TIERLINE_SECRET_FILE=str(tmp_path / "secret"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file"),
        (b"", "is empty"),
        (b"\n", "is empty"),
        (b"\xff\xfe", "is not UTF-8 text"),
        (b"x" * (VALUE_BYTES_MAX + 1), "is longer than"),
    ],
)
def test_a_file_that_holds_no_secret_is_named(tmp_path, content, said):
    file = tmp_path / "it"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(VariableError, match=f"^NAME_FILE: .*{said}"):
        variable("NAME", {"NAME_FILE": str(file)})


def test_what_a_file_holds_is_checked_as_a_variable_is_and_not_shown(told, tmp_path):
    (tmp_path / "secret").write_text("too short")
    with pytest.raises(SettingsError) as refused:
        told(TIERLINE_SECRET="", TIERLINE_SECRET_FILE=str(tmp_path / "secret"))
    assert str(refused.value).startswith("TIERLINE_SECRET: ")
    assert "too short" not in str(refused.value)


def test_a_plain_broker_needs_an_address_alone(told):
    assert client_settings(told().broker) == {
        "bootstrap_servers": "127.0.0.1:1",
        "security_protocol": "PLAINTEXT",
    }
    assert client_settings("a:1,b:2") == {"bootstrap_servers": "a:1,b:2"}


def test_an_idempotent_producer_is_apache_kafkas_which_answers_at_once(told):
    assert not told().broker.answers_at_once
    assert told(TIERLINE_KAFKA_IDEMPOTENT="1").broker.answers_at_once


def test_a_login_without_a_password_is_refused(told):
    with pytest.raises(SettingsError, match="TIERLINE_KAFKA_SASL_PASSWORD is needed with SASL_SSL"):
        told(TIERLINE_KAFKA_SECURITY_PROTOCOL="SASL_SSL", TIERLINE_KAFKA_SASL_USERNAME="tierline")


def test_an_unknown_protocol_is_refused_by_name(told):
    with pytest.raises(SettingsError, match=r"TIERLINE_KAFKA_SECURITY_PROTOCOL: .*'SASL_SSL'"):
        told(TIERLINE_KAFKA_SECURITY_PROTOCOL="TLS")


def test_a_login_over_tls_reaches_the_client(told, tmp_path):
    ca, cert, key = make_authority(tmp_path)
    broker = told(
        TIERLINE_KAFKA_SECURITY_PROTOCOL="SASL_SSL",
        TIERLINE_KAFKA_SASL_MECHANISM="SCRAM-SHA-256",
        TIERLINE_KAFKA_SASL_USERNAME="tierline",
        TIERLINE_KAFKA_SASL_PASSWORD="a password",
        TIERLINE_KAFKA_SSL_CA_FILE=str(ca),
        TIERLINE_KAFKA_SSL_CERT_FILE=str(cert),
        TIERLINE_KAFKA_SSL_KEY_FILE=str(key),
    ).broker
    made = client_settings(broker)
    context = made.pop("ssl_context")
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert made == {
        "bootstrap_servers": "127.0.0.1:1",
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-256",
        "sasl_plain_username": "tierline",
        "sasl_plain_password": "a password",
    }
    assert "a password" not in repr(broker)


def test_a_missing_certificate_is_an_error_at_once(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        client_settings(Broker("a:1", "SSL", tls=Tls(ca_file=str(tmp_path / "gone"))))
