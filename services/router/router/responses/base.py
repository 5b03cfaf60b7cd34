"""What every object of an answer is."""

from pydantic import BaseModel, ConfigDict


class Shown(BaseModel):
    """An object of an answer; new members may come, none goes."""

    model_config = ConfigDict(extra="allow")
