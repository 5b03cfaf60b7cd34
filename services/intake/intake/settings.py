"""What intake is told by its environment: what every service is."""

from tierline.runtime.settings import ServiceSettings as Settings

__all__ = ["Settings"]
