"""What the console is told by its environment."""

from typing import Annotated

from pydantic import Field

from tierline.runtime.settings import ServiceSettings


class ConsoleSettings(ServiceSettings):
    """The common settings; the console itself needs no database and no broker.

    Attributes:
        database_url: unused, so it may be missing.
        kafka_bootstrap: unused, so it may be missing.
        router_url: where the router answers; the console shows nothing without it.
    """

    database_url: Annotated[str, Field(repr=False, validate_default=False)] = ""
    kafka_bootstrap: Annotated[str, Field(validate_default=False)] = ""
    router_url: Annotated[str, Field(min_length=1)]

    @property
    def cookie_suffix(self) -> str:
        """Tells stacks of one machine apart, since browsers share cookies between ports."""
        return f"_{self.port}" if self.development else ""
