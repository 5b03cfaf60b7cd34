"""What is asked of a ticket about its case with a vendor.

Part of the commands (`tierline.domain.commands`), where they are all listed.
"""

from dataclasses import dataclass
from datetime import datetime

from tierline.domain.vendor import UNKNOWN, Vendor


@dataclass(frozen=True, slots=True)
class OpenVendorCase:
    """Ask a vendor: `asked` of whom, their `reference`, what they promised (UTC), when to chase.

    `record`: what the records say of them.
    """

    vendor: str
    asked: str
    reference: str = ""
    contact: str = ""
    promised_at: datetime | None = None
    chase_at: datetime | None = None
    record: Vendor = UNKNOWN


@dataclass(frozen=True, slots=True)
class UpdateVendorCase:
    """What the vendor said; a new promise of theirs and the next chase (both UTC)."""

    news: str
    reference: str = ""
    contact: str = ""
    promised_at: datetime | None = None
    chase_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CloseVendorCase:
    """The vendor is done, or is given up."""

    outcome: str


VendorCommand = OpenVendorCase | UpdateVendorCase | CloseVendorCase
"""All of them."""
