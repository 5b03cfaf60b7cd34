"""What callers may send about versions of the policy."""

from typing import Annotated, Any

from pydantic import Field

from tierline.domain.terms import Priority
from tierline.web.bodies import Line, Reason, Strict


class PreviewBody(Strict):
    """A version of the policy."""

    document: Annotated[
        dict[str, Any],
        Field(description="Its canonical document, as `tierline policy preview` sends it."),
    ]


class ApplyBody(Strict):
    """What is to become of the open tickets. `reason` is kept with each that is moved."""

    reason: Reason
    move: Annotated[
        bool, Field(description="Move running promises to the new terms; else they stay.")
    ] = False
    only: Annotated[
        list[Priority], Field(max_length=4, description="Of these priorities; empty: all.")
    ] = Field(default_factory=list)
    move_groups: Annotated[
        dict[Line, Line],
        Field(max_length=50, description="Where tickets of a group go that the version lacks."),
    ] = Field(default_factory=dict)
