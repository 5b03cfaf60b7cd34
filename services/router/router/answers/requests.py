"""What may be sent about questions to people outside: each field bounded, unknown ones refused."""

from typing import Annotated, Literal

from pydantic import Field

from router.limits import AMOUNT_MAX
from router.requests import Instant
from tierline.web.bodies import Line, Reason, Strict

Amount = Annotated[int, Field(ge=0, le=AMOUNT_MAX, strict=True)]


class AskApprovalBody(Strict):
    """Ask somebody at the client to approve; without `approver`, the first who may."""

    asked: Annotated[Reason, Field(min_length=1)]
    approver: Annotated[Line, Field(description="A contact of the client, by name.")] = ""
    amount: Annotated[
        Amount | None, Field(description="In minor units of your currency: 18000 is 180.00.")
    ] = None
    per_hour: Annotated[bool, Field(description="The amount is for each hour.")] = False
    expires_at: Annotated[
        Instant | None, Field(description="Until when they may answer; else as the policy says.")
    ] = None
    chase_at: Instant | None = None


class RecordAnswerBody(Strict):
    """What the approver said, as one of us heard it, and how."""

    evidence: Annotated[
        Reason, Field(min_length=1, description="How we know: who said what to whom, when.")
    ]
    word: Annotated[Reason, Field(description="What they added.")] = ""


class AnswerBody(Strict):
    """The answer of whoever has the link."""

    answer: Annotated[
        Literal["approve", "refuse", "good", "fine", "bad"],
        Field(description="To an approval: approve, refuse; to how it was: good, fine, bad."),
    ]
    word: Reason = ""
