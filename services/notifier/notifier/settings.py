"""What the notifier is told by its environment, beside what every service is."""

from ipaddress import ip_network
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from notifier.channels.mail import usable_address
from notifier.smtp import Relay, Tls
from tierline.runtime.settings import ServiceSettings

LOOPBACK = ("127.0.0.0/8", "::1/128")


class Settings(ServiceSettings):
    """Read from TIERLINE_... variables.

    Attributes:
        smtp_tls: auto (STARTTLS where the relay offers it; required with smtp_user, so that nobody
            on the way gets the password by leaving the offer out), starttls (required), tls, none.
        smtp_user: empty: no login.
        smtp_password: for smtp_user.
        mail_from: the address mail comes from.
        mail_from_name: the name beside it.
        mail_reply_to: where answers go; empty: to mail_from.
        allowed_targets: networks (CIDR, separated by commas) that chat rooms and webhooks may lie
            in although they are not public; plain http is allowed towards these only. The
            development stack adds loopback.
    """

    smtp_tls: Tls = "auto"
    smtp_user: str = ""
    smtp_password: Annotated[str, Field(repr=False)] = ""
    mail_from: str = "tierline@localhost"
    mail_from_name: str = "Tierline"
    mail_reply_to: str = ""
    allowed_targets: str = ""

    @field_validator("mail_from", "mail_reply_to")
    @classmethod
    def _is_address(cls, value: str) -> str:
        if value and not usable_address(value):
            raise ValueError("must be one plain mail address")
        return value

    @field_validator("mail_from")
    @classmethod
    def _is_given(cls, value: str) -> str:
        if not value:
            raise ValueError("must not be empty")
        return value

    @field_validator("allowed_targets")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        for text in _parts(value):
            try:
                ip_network(text)
            except ValueError:
                raise ValueError("must be networks like 10.1.0.0/16, separated by commas") from None
        return value

    @model_validator(mode="after")
    def _catches_only_in_development(self) -> Self:
        if self.mail_catcher and not self.development:
            raise ValueError("TIERLINE_MAIL_CATCHER is for a development stack only")
        return self

    @property
    def relay(self) -> Relay:
        """Where mail goes out."""
        tls = "starttls" if self.smtp_user and self.smtp_tls == "auto" else self.smtp_tls
        return Relay(self.smtp_host, self.smtp_port, tls, self.smtp_user, self.smtp_password)

    @property
    def networks(self) -> tuple[str, ...]:
        """Networks that may be posted to although they are not public."""
        return (*_parts(self.allowed_targets), *(LOOPBACK if self.development else ()))


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
