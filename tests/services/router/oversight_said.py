"""Exact sentences about management, people beside an owner, actions and the analysis."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tierline.domain import correction as c
from tierline.domain import events as e
from tierline.domain import oversight as o
from tierline.domain.action import Action
from tierline.domain.rca import Rca

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TEN, FRIDAY = AT + timedelta(hours=1), AT + timedelta(days=4)
SWAP = Action(1, "swap the card", "j.doe", FRIDAY, "tom", AT)
OWED = Rca(FRIDAY, AT, (1001,), on_problem=True)
CALLED = o.ManagementCalled("Any P1", ("grace", "omar"), update_s=1_800, update_due=TEN)
MISSED = o.BriefMissed(1, TEN, TEN + timedelta(minutes=30))
REMINDED = c.ActionChased(1, "swap the card", "j.doe", FRIDAY, "soon", 0, FRIDAY)
ASKED = c.RcaChased(FRIDAY, "soon", 0, FRIDAY)


def sentences_of_oversight(say: Callable[..., str]) -> list[tuple[str, str]]:
    """What `say` makes of each event, and what it is to say."""
    return [*_of_management(say), *_of_actions(say), *_of_the_analysis(say)]


def _of_management(say: Callable[..., str]) -> list[tuple[str, str]]:
    called_late = o.ManagementCalled("Broken", (), ("VIP",), plan_due=TEN, late_s=7_200)
    return [
        (
            say(CALLED, e.TIME),
            "Management was called, Any P1: Grace and Omar; they are owed a word by 10:00 UTC.",
        ),
        (
            say(called_late, e.TIME),
            (
                "Management was called, Broken (and VIP): nobody, for the policy names none; "
                "they are owed an action plan by 10:00 UTC, seen 2 hours late."
            ),
        ),
        (
            say(o.ManagementBriefed("a spare is on its way", ("grace",), TEN)),
            "Tom told management: a spare is on its way.",
        ),
        (say(MISSED, e.TIME), "The word management was owed at 10:00 UTC was not given."),
        (
            say(replace(MISSED, missed=3, late_s=3_600), e.TIME),
            (
                "The word management was owed at 10:00 UTC was not given, the 3. time in a row, "
                "seen 1 hour late."
            ),
        ),
        (
            say(o.ActionPlanMissed("Broken", TEN), e.TIME),
            "There was no action plan by 10:00 UTC, which Broken needs.",
        ),
        (
            say(o.ComplexityStated("three vendors")),
            "Tom stated that it is complex: three vendors.",
        ),
        (
            say(o.Reallocated(("j.doe", "ana"), ("sam",), "more hands")),
            "Tom put Jane and Ana beside the owner and let Sam go: more hands.",
        ),
    ]


def _of_actions(say: Callable[..., str]) -> list[tuple[str, str]]:
    moved = c.ActionMoved(1, "j.doe", TEN, FRIDAY, FRIDAY, 2, "the part is late")
    return [
        (
            say(c.ActionAdded(SWAP)),
            "Tom gave Jane the corrective action 1, due 27 Nov 09:00 UTC: swap the card.",
        ),
        (
            say(c.ActionAdded(replace(SWAP, owner="tom", kind="preventive"))),
            "Tom took on the preventive action 1, due 27 Nov 09:00 UTC: swap the card.",
        ),
        (
            say(moved),
            (
                "Tom moved action 1 from 10:00 UTC to 27 Nov 09:00 UTC (the 2. time): "
                "the part is late."
            ),
        ),
        (say(c.ActionCompleted(1, "j.doe", "swapped")), "Tom completed action 1: swapped."),
        (
            say(c.ActionCompleted(1, "j.doe", "no use", dropped=True)),
            "Tom dropped action 1: no use.",
        ),
        (
            say(REMINDED, e.TIME),
            "Jane was reminded of action 1, due 27 Nov 09:00 UTC: swap the card.",
        ),
        (
            say(replace(REMINDED, due=AT, stage="overdue", count=2, late_s=120), e.TIME),
            (
                "Jane was reminded of action 1, overdue since 09:00 UTC: swap the card, "
                "seen 2 minutes late."
            ),
        ),
        (
            say(c.CorrectionHanded(1050, (SWAP,), OWED)),
            "Tom handed 1 action and the root cause analysis to problem 1050.",
        ),
        (
            say(c.CorrectionTaken(1001, (SWAP, SWAP))),
            "Tom took over 2 actions from ticket 1001.",
        ),
    ]


def _of_the_analysis(say: Callable[..., str]) -> list[tuple[str, str]]:
    return [
        (
            say(c.RcaRequired(OWED), e.TIME),
            "Its root cause analysis was asked for by 27 Nov 09:00 UTC, on a problem.",
        ),
        (
            say(c.RcaWritten("it failed", ("no spare",), {"1/1": "x"})),
            "Tom wrote on the root cause analysis: the summary, the causes, the timeline.",
        ),
        (
            say(c.RcaDone(("no spare", "old firmware"), 2)),
            "Tom completed the root cause analysis: no spare; old firmware.",
        ),
        (
            say(ASKED, e.TIME),
            "The root cause analysis was asked for, due 27 Nov 09:00 UTC.",
        ),
        (
            say(replace(ASKED, due=AT, stage="overdue", count=3), e.TIME),
            "The root cause analysis was asked for, overdue since 09:00 UTC.",
        ),
    ]
