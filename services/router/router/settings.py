"""What the router is told by its environment beyond what every service is."""

from pathlib import Path

from pydantic import field_validator

from tierline.runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    """The router's settings.

    Attributes:
        archive: the folder that closed tickets are archived to; empty: none are.
    """

    archive: str = ""

    @field_validator("archive")
    @classmethod
    def _is_folder(cls, value: str) -> str:
        if value and not Path(value).is_dir():
            raise ValueError("must be a folder that is there; mount it, or leave it out")
        return value
