"""The grammar of a client's own rules: what of its SLA, path and telling is otherwise for it alone.

Written in `clients/NAME.yaml` of a policy folder, or under `clients:` of any file.
"""

from typing import Final

from tierline.policy.fields import Field, Fields
from tierline.policy.grammar import STEP, TELL
from tierline.policy.plain import NAME
from tierline.policy.promised_grammar import SLA
from tierline.policy.shapes import Either, ListOf


def _optional(fields: Fields, what: str) -> Fields:
    """The same keys, of which none must be there; of mappings inside it neither."""
    loose = {
        key: Field(
            _optional(it.shape, it.shape.what) if isinstance(it.shape, Fields) else it.shape,
            it.about,
        )
        for key, it in fields.fields.items()
    }
    return Fields(what, loose, fields.instead)


CLIENT_RULES: Final = Fields(
    "a client's own rules",
    {
        "agreement": Field(NAME, "the one of its agreements that they change; all, if left out"),
        "sla": Field(
            Either(NAME, _optional(SLA, "what is otherwise in its SLA")),
            "another SLA of `slas`, or what is otherwise in its own",
        ),
        "path": Field(
            Either(NAME, ListOf(STEP, least=1, limit=20)),
            "another path of `paths`, or the steps of its own",
        ),
        "tell": Field(TELL, "who hears of what, where it is otherwise for this client"),
    },
)
