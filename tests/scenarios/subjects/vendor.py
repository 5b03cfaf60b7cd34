"""A vendor's part of the work, and what calls management: chased until it is over."""

from tests.scenarios.subjects.world import World

P3 = {"client": "Dune Travel", "impact": 2, "urgency": 2, "spoken_to": True}

CASE = [
    "Thu 04 09:00 opened P3",
    "Thu 04 09:00 routed Desk",
    "Thu 04 09:05 claimed sam",
    "Thu 04 09:10 vendor_case_opened",
    "Thu 04 09:15 planned",
    "Thu 04 12:00 lapsed vendor",  # what they had promised
    "Thu 04 13:10 reviewed vendor",  # 4h of the office: he is reminded to ask again
    "Thu 04 13:30 vendor_case_updated",  # they say 15:00 now; chased anew from here
    "Thu 04 14:50 vendor_case_closed",
    "Thu 04 15:00 resolved",
]
REOPENED = [
    "Thu 04 09:00 opened P3",
    "Thu 04 09:00 routed Desk",
    "Thu 04 09:05 claimed sam",
    "Thu 04 09:10 resolved",
    "Thu 04 09:15 reopened",
    "Thu 04 09:30 resolved",
    "Thu 04 09:40 reopened",
    "Thu 04 09:40 management_called grace (Second reopen)",
    "Thu 04 10:00 action_added",
    "Thu 04 15:10 resolved",
    "Thu 04 15:15 confirmed",  # and it waits for its action
    "Thu 04 16:00 action_chased 1 due",  # a business day before was over already
    "Fri 05 16:00 action_chased 1 overdue",  # 1bd = 10h of the office
    "Fri 05 16:30 action_completed",
    "Fri 05 16:30 closed",
]
BROKEN = [
    "Thu 04 09:00 opened P1",
    "Thu 04 09:00 routed Desk",
    "Thu 04 09:05 claimed sam",
    "Thu 04 11:00 breached plan",  # 2h
    "Thu 04 13:00 breached resolve",  # 4h
    "Thu 04 13:00 management_called grace (Resolve promise broken)",
    "Thu 04 15:00 action_plan_missed",  # 2h
    "Thu 04 15:10 resolved",
]


def play(world: World) -> None:
    """Thursday the 4th of March, and the Friday."""
    world.at("4 Mar 09:00")
    world.call("case", **P3)
    world.call("ledger", category="ledger", **P3)
    world.call("till", category="ledger", **P3 | {"impact": 1, "urgency": 1})
    world.at("4 Mar 09:05")
    for name in ("case", "ledger", "till"):
        world.by("sam", name, "claim")
    the_second_reopen_calls(world)
    a_vendor_is_chased(world)
    an_action_is_chased(world)


def the_second_reopen_calls(world: World) -> None:
    world.at("4 Mar 09:10")
    world.by("sam", "case", "vendor", vendor="Northline", asked="a line", promised_at="4 Mar 12:00")
    world.by("sam", "ledger", "resolve", resolution="posted again")
    world.at("4 Mar 09:15").do("ledger", "reject", reason="still wrong")
    world.by("sam", "case", "plan", next_step="swap the line", promised_at="4 Mar 16:00")
    world.at("4 Mar 09:30").by("sam", "ledger", "resolve", resolution="posted once more")
    world.at("4 Mar 09:40").do("ledger", "reject", reason="wrong again")
    told = world.notices("ledger", "management called")
    assert {notice["recipient"] for notice in told} == {"grace", "priya", "sam"}  # lead, owner too
    world.at("4 Mar 10:00")
    world.do("ledger", "add-action", what="find the rounding", owner="ines", due="4 Mar 16:00")


def a_vendor_is_chased(world: World) -> None:
    world.at("4 Mar 13:10")
    reminded = world.notices("case", "vendor chase")
    assert {notice["recipient"] for notice in reminded} == {"sam"}
    case = world.ticket("case")["vendor"]
    assert (case["vendor"], case["chases"]) == ("Northline", 1)
    assert world.shown(case["next_chase"]) == "Thu 04 17:10"
    world.at("4 Mar 13:30")
    world.by("sam", "case", "vendor-news", news="they are on it", promised_at="4 Mar 15:00")
    assert world.shown(world.ticket("case")["vendor"]["next_chase"]) == "Thu 04 17:30"
    world.at("4 Mar 14:50").by("sam", "case", "vendor-close", outcome="a new line")
    world.at("4 Mar 15:00").by("sam", "case", "resolve", resolution="runs on the new line")
    world.is_told("case", CASE)
    world.ended("case")


def an_action_is_chased(world: World) -> None:
    world.at("4 Mar 15:10")
    world.by("sam", "till", "resolve", resolution="counted by hand")
    world.is_told("till", BROKEN)
    world.ended("till")
    world.by("sam", "ledger", "resolve", resolution="rounds as it should")
    world.at("4 Mar 15:15").do("ledger", "confirm")
    assert world.ticket("ledger")["state"] == "resolved"
    world.at("5 Mar 16:00")
    late = world.notices("ledger", "action overdue", 2)
    assert {notice["recipient"] for notice in late} == {"ines", "priya"}
    world.at("5 Mar 16:30")
    world.by("ines", "ledger", "complete-action", number=1, outcome="found and mended")
    world.is_told("ledger", REOPENED)
