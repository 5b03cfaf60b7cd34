"""Expected failures of the machinery around the services, told without a traceback."""


class UpError(Exception):
    """Something outside the program stands in the way, and a person can remove it.

    Args:
        message: what is wrong, in one sentence.
        remedy: what to do about it, in one sentence.
    """

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(f"{message} {remedy}")
        self.message = message
        self.remedy = remedy


class EmbeddedUnavailableError(UpError):
    """The installed wheels hold no server for this platform."""
