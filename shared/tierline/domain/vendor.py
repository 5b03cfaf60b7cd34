"""What the records say of a vendor, as far as it bears on a ticket."""

from dataclasses import dataclass

from tierline.domain.policy import Duration


@dataclass(frozen=True, slots=True)
class Vendor:
    """How long they may be silent (`chase`), and whether we resell what they make.

    Waiting for one that we resell stops no promise to the client: they are our supplier.
    """

    chase: Duration | None = None
    resold: bool = False


UNKNOWN = Vendor()
"""One that no record is about."""
