"""A policy as a whole: the sections of the grammar, and what single clients have of their own."""

from typing import Final

from tierline.policy.client_grammar import CLIENT_RULES
from tierline.policy.fields import Field, Fields
from tierline.policy.grammar import SECTIONS
from tierline.policy.shapes import MapOf

POLICY: Final = Fields(
    "a policy",
    {
        **{key: Field(*section) for key, section in SECTIONS.items()},
        "clients": Field(
            MapOf(CLIENT_RULES), "what is otherwise for one client; also in clients/NAME.yaml"
        ),
    },
    instead={"capacity": "give each group its own, like Desk: {capacity: 6 each}"},
)
