"""What sla-timer is told by its environment, beside what every service is: whom its auditor tells.

The addresses are of whoever runs the service. They may lie in its own network: nobody else can set
them, and no answer's body is read.
"""

from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from sla_timer.alarm import Alarm, MailWay, Tls
from sla_timer.heartbeat import Method
from tierline.runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    """Read from TIERLINE_... variables.

    Attributes:
        deployment: the name that the auditor's words carry.
        alarm_mail: who gets a mail about findings; empty: nobody.
        alarm_webhook: what is posted to about them; empty: nothing.
        heartbeat_url: asked every minute while nothing is amiss; empty: nothing.
        heartbeat_fail_url: asked every minute while something is; empty: nothing, and the missing
            heartbeat tells.
        heartbeat_method: GET or POST, of both.
        smtp_tls: as of the notifier: auto, starttls, tls or none.
        smtp_user: empty: no login.
        smtp_password: for smtp_user.
        mail_from: the address such a mail comes from.
    """

    deployment: str = "this deployment"
    alarm_mail: str = ""
    alarm_webhook: Annotated[str, Field(repr=False)] = ""
    heartbeat_url: Annotated[str, Field(repr=False)] = ""
    heartbeat_fail_url: Annotated[str, Field(repr=False)] = ""
    heartbeat_method: Method = "POST"
    smtp_tls: Tls = "auto"
    smtp_user: str = ""
    smtp_password: Annotated[str, Field(repr=False)] = ""
    mail_from: str = "tierline@localhost"

    @field_validator("alarm_webhook", "heartbeat_url", "heartbeat_fail_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value

    @field_validator("alarm_mail", "mail_from", "deployment")
    @classmethod
    def _is_one_line(cls, value: str) -> str:
        if not value.isprintable():
            raise ValueError("must be one line of plain text")
        return value

    @field_validator("alarm_mail")
    @classmethod
    def _is_mail(cls, value: str) -> str:
        if value and not ("@" in value and " " not in value):
            raise ValueError("must be one plain mail address")
        return value

    @model_validator(mode="after")
    def _fails_beside_a_heartbeat(self) -> Self:
        if self.heartbeat_fail_url and not self.heartbeat_url:
            raise ValueError("TIERLINE_HEARTBEAT_FAIL_URL needs TIERLINE_HEARTBEAT_URL beside it")
        return self

    @property
    def alarm(self) -> Alarm | None:
        """How people are told; None where nobody is to be."""
        if not (self.alarm_mail or self.alarm_webhook):
            return None
        mail = MailWay(
            self.alarm_mail,
            self.mail_from,
            self.smtp_host,
            self.smtp_port,
            self.smtp_tls,
            self.smtp_user,
            self.smtp_password,
        )
        return Alarm(self.deployment, mail if self.alarm_mail else None, self.alarm_webhook)
