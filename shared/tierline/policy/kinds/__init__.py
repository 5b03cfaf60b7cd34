"""The kinds of record: one contract, one file a kind; the order is that in which they are loaded.

To add a kind: a file with its `Kind`, its line here, its table in a migration, its section in the
guide for records. The grammar of records.yaml, its schema, the loader, the API, the command line
and the pages take it from here.
"""

from collections.abc import Mapping
from typing import Final

from tierline.policy.kinds.absence import ABSENCE
from tierline.policy.kinds.client import CLIENT
from tierline.policy.kinds.contact import CONTACT
from tierline.policy.kinds.contract import Document, Kind, Link
from tierline.policy.kinds.device import DEVICE
from tierline.policy.kinds.guide import GUIDE
from tierline.policy.kinds.partner import PARTNER
from tierline.policy.kinds.person import PERSON
from tierline.policy.kinds.site import SITE
from tierline.policy.kinds.vendor import VENDOR

KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind
    for kind in (CLIENT, SITE, CONTACT, DEVICE, VENDOR, PARTNER, PERSON, ABSENCE, GUIDE)
}

__all__ = ["KINDS", "Document", "Kind", "Link"]
