"""The page on states, made from what `decide` and `advance` really do.

`python -m tests.domain.states > docs/reference/states.md` writes it anew.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from tests.domain.oversights import an_action
from tests.domain.worlds import HOUR, MINUTE, MONDAY, MONITOR, P1, Story, example_policy, person
from tierline.domain.advance import next_due
from tierline.domain.commands import (
    AcceptOffer,
    AcceptProposal,
    AddChild,
    AnswerApproval,
    AnswerSurvey,
    AskApproval,
    Asker,
    Attach,
    CallProblem,
    Claim,
    Close,
    CloseVendorCase,
    Command,
    Confirm,
    CountIncident,
    DeclareMajor,
    DeclineOffer,
    DeclineProposal,
    DropChild,
    EndUnder,
    FlowReopening,
    FlowResolution,
    FlowUpdate,
    GivePacket,
    GiveWorkaround,
    HandOver,
    JoinMajor,
    KeepClaim,
    LeaveMajor,
    LinkProblem,
    MakePlan,
    Move,
    MoveTerms,
    Note,
    NoteAbsence,
    OpenVendorCase,
    Prioritise,
    PutOnHold,
    Recover,
    RefusePlan,
    Reject,
    Release,
    Reopen,
    Resolve,
    Resume,
    Retype,
    StateCause,
    TellSolved,
    UpdateVendorCase,
)
from tierline.domain.oversight_commands import (
    AddAction,
    Brief,
    CompleteAction,
    HandCorrection,
    MoveAction,
    Reallocate,
    StateComplexity,
    TakeCorrection,
    WriteRca,
)
from tierline.domain.people import Away
from tierline.domain.restriction import Restrict, Unrestrict
from tierline.domain.storm_commands import DecideStorm, FollowStorm, JoinStorm, TellStorm
from tierline.domain.survey_rules import SurveyRules
from tierline.domain.terms import Answer, HoldReason, Mode, Role, Score, State, TicketType
from tierline.domain.ticket import Packet

STEPS_MAX = 50
PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "states.md"
OWNER, OTHER, LEAD = person("sam"), person("kim"), person("tom", Role.LEAD)
HOLD = PutOnHold(HoldReason.CLIENT, "which port?", "jo")
UNTIL = PutOnHold(HoldReason.SCHEDULED, "x", "y", until=MONDAY + 5 * MINUTE)


def _proposed() -> Story:
    policy = replace(example_policy(mode=Mode.SUGGEST), survey=SurveyRules(1.0))
    return Story(policy).open().wait(30 * MINUTE)


SITUATIONS: dict[str, Callable[[], Story]] = {
    "queued": _proposed,
    "working": lambda: _proposed().ok(Claim("sam"), OWNER),
    "on hold, unclaimed": lambda: _proposed().ok(HOLD, OWNER),
    "on hold, claimed": lambda: _proposed().ok(Claim("sam"), OWNER).ok(HOLD, OWNER),
    "resolved": lambda: _proposed().ok(Claim("sam"), OWNER).ok(Resolve("x"), OWNER),
    "closed": lambda: _proposed().ok(Claim("sam"), OWNER).ok(Resolve("x"), OWNER).ok(Confirm()),
}
"""Where a ticket can stand; each has a proposal to accept as long as work is owed."""

REACTIONS: dict[str, Callable[[Story], Command]] = {
    "add child": lambda _: AddChild(1002),
    "drop child": lambda _: DropChild(1002),
    "update flows": lambda story: FlowUpdate(900, story.now, "x"),
    "resolution flows": lambda story: FlowResolution(900, story.now, "x"),
    "reopening flows": lambda story: FlowReopening(900, story.now, "x"),
    "end under": lambda _: EndUnder(900, "x"),
    "count incident": lambda _: CountIncident(1002),
    "tell solved": lambda _: TellSolved(901, "x", "Contoso"),
    "join storm": lambda story: JoinStorm(7, _proposed_at(story), story.now + HOUR),
    "tell storm": lambda story: TellStorm(7, "Desk", (1001,), 1, ("Network",), story.now + HOUR),
    "decide storm": lambda _: DecideStorm(7, (1001,), ()),
    "follow storm": lambda _: FollowStorm(7, moves=True, by="tom", said_on="1001/9"),
}
"""What other tickets ask of one that has nothing to do with them."""

COMMANDS: dict[str, Callable[[Story], Command]] = {
    "attach": lambda _: Attach("2", "firing"),
    "recover": lambda _: Recover("2"),
    "claim": lambda _: Claim("kim"),
    "accept offer": lambda _: AcceptOffer(),
    "decline offer": lambda _: DeclineOffer(),
    "keep": lambda _: KeepClaim(),
    "hand over": lambda _: HandOver("tom"),
    "note absence": lambda story: NoteAbsence("sam", (_away(story),)),
    "release": lambda _: Release(),
    "note": lambda _: Note("x"),
    "plan": lambda story: MakePlan("x", story.now + HOUR),
    "move": lambda _: Move("x"),
    "accept": lambda story: AcceptProposal(_proposed_at(story)),
    "decline": lambda story: DeclineProposal(_proposed_at(story), "x"),
    "refuse plan": lambda _: RefusePlan("x"),
    "packet": lambda _: GivePacket(Packet("x", "", "x")),
    "vendor": lambda _: OpenVendorCase("x", "y"),
    "vendor news": lambda _: UpdateVendorCase("x"),
    "vendor close": lambda _: CloseVendorCase("x"),
    "hold": lambda _: HOLD,
    "ask approval": lambda _: AskApproval("x", "y"),
    "approve": lambda _: AnswerApproval(Answer.APPROVED, evidence="x"),
    "retype": lambda _: Retype(TicketType.REQUEST, "x"),
    "resume": lambda _: Resume(),
    "prioritise": lambda _: Prioritise("x", priority=P1),
    "resolve": lambda _: Resolve("x"),
    "confirm": lambda _: Confirm(),
    "answer survey": lambda story: AnswerSurvey(Score.GOOD, _asked_at(story)),
    "reject": lambda _: Reject("x"),
    "reopen": lambda _: Reopen("x"),
    "close": lambda _: Close("x"),
    "declare major": lambda _: DeclareMajor("x"),
    "join": lambda _: JoinMajor(900),
    "leave": lambda _: LeaveMajor("x"),
    "call problem": lambda _: CallProblem("x"),
    "link problem": lambda _: LinkProblem(901),
    "state cause": lambda _: StateCause("x"),
    "give workaround": lambda _: GiveWorkaround("x"),
    **REACTIONS,
    "move terms": lambda _: MoveTerms("x"),
    "state complex": lambda _: StateComplexity("x"),
    "brief": lambda _: Brief("x"),
    "reallocate": lambda _: Reallocate("x", ("kim",)),
    "add action": lambda story: AddAction("x", "sam", story.now + HOUR),
    "move action": lambda story: MoveAction(1, story.now + HOUR, "x"),
    "complete action": lambda _: CompleteAction(1, "x"),
    "rca": lambda _: WriteRca("x"),
    "to problem": lambda _: HandCorrection(7),
    "restrict": lambda _: Restrict("Network", "x"),
    "unrestrict": lambda _: Unrestrict("x"),
    "take over": lambda story: TakeCorrection(7, (an_action(story.now),)),
}

TIME: dict[str, Callable[[], Story]] = {
    "tier limit without a plan": lambda: _claimed().ok(Note("x")),
    "plan not revised": lambda: _claimed().ok(MakePlan("x", MONDAY + 10 * MINUTE)),
    "10 quiet minutes": lambda: Story().open().ok(Recover("2"), MONITOR),
    "hold until (unclaimed)": lambda: Story().open().ok(UNTIL),
    "hold until (claimed)": lambda: _claimed().ok(UNTIL),
    "approval expired": lambda: _claimed().ok(AskApproval("x", "y")),
    "3 reminders unanswered": lambda: Story().open().ok(HOLD),
    "not confirmed in time": lambda: Story().open().ok(Resolve("x")),
}
"""A ticket whose state time will change."""


def _away(story: Story) -> Away:
    return Away(story.now + HOUR, story.now + 9 * HOUR)


def _proposed_at(story: Story) -> int:
    ticket = story.ticket
    return 0 if ticket is None or ticket.proposal is None else ticket.proposal.seq


def _asked_at(story: Story) -> int:
    survey = story.ticket.survey if story.ticket else None
    return survey.id if survey else 0


def _claimed() -> Story:
    return Story().open().ok(Claim("sam"))


def outcome(situation: str, command: str, asker: Asker) -> str:
    """The state after `command` of `asker`, or the code of the refusal in backquotes."""
    story = SITUATIONS[situation]()
    story.do(COMMANDS[command](story), asker)
    if story.rejected is not None:
        return f"`{story.rejected.code}`"
    assert story.ticket is not None
    return _words(story.ticket.state)


def cell(situation: str, command: str) -> str:
    """What the owner (while nobody owns it, anybody), another technician and a lead get."""
    owner, other, lead = (outcome(situation, command, who) for who in (OWNER, OTHER, LEAD))
    if owner == other == lead:
        return owner
    if owner == lead:
        return f"{owner}; not the owner: {other}"
    if owner == other:
        return f"lead: {lead}; else {owner}"
    return f"owner: {owner}; lead: {lead}; else {other}"


def by_time() -> list[tuple[str, str, str]]:
    """State before, state after, and what time did."""
    found = []
    for name, build in TIME.items():
        story = build()
        before = _state(story)
        for _ in range(STEPS_MAX):
            if _state(story) is not before:
                break
            story.until(_next(story))
        assert _state(story) is not before, name
        found.append((before.value, _state(story).value, name))
    return found


def _state(story: Story) -> State:
    assert story.ticket is not None
    return story.ticket.state


def _next(story: Story) -> datetime:
    assert story.ticket is not None
    due = next_due(story.ticket)
    assert due is not None
    return due


def edges() -> list[tuple[str, str, str]]:
    """Every change of state: from, to, and by which commands or what time did."""
    found: dict[tuple[str, str], list[str]] = {}
    for situation in SITUATIONS:
        before = situation.split(",")[0].replace(" ", "_")
        for command in COMMANDS:
            after = outcome(situation, command, LEAD).replace(" ", "_")
            if after in set(State) and after != before:
                names = found.setdefault((before, after), [])
                if command not in names:
                    names.append(command)
    for before, after, name in by_time():
        found.setdefault((before, after), []).append(name)
    return [(before, after, ", ".join(names)) for (before, after), names in found.items()]


def _words(state: State) -> str:
    return state.value.replace("_", " ")


def page() -> str:
    """The whole page, as Markdown."""
    lines = [
        "# States of a ticket and what may be asked in them",
        "",
        "Printed by `python -m tests.domain.states` from what the core does; a test compares.",
        "Tier, group, owner, desk owner and plan stand beside the state, not in it. Open means:",
        "not closed. Reopening gives the ticket to whoever resolved it if they are in, else to",
        "their group's queue.",
        "",
        "```mermaid",
        "stateDiagram-v2",
        "    [*] --> queued: open",
        *(f"    {before} --> {after}: {names}" for before, after, names in edges()),
        "```",
        "",
        "Each cell is the state after the command, or the code of the refusal. Where it matters",
        "who asks: the owner, a lead, or another technician. Beyond the state, a command may be",
        "refused for what it says (a text missing, a promise too far) or because a lead decides",
        "it (a third sideways move, lowering a priority late, a plan revised too often).",
        "",
        "| command | " + " | ".join(SITUATIONS) + " |",
        "|---" * (len(SITUATIONS) + 1) + "|",
        *(
            f"| {command} | " + " | ".join(cell(s, command) for s in SITUATIONS) + " |"
            for command in COMMANDS
        ),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(page())
