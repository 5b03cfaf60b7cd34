"""What the next tier gets to know: required, or asked for five minutes later."""

from dataclasses import replace

import pytest

from tests.domain.worlds import MINUTE, MONDAY, P1, P3, TOM, Story, example_policy
from tierline.domain.commands import Claim, GivePacket, Move
from tierline.domain.events import PacketGiven, Reviewed
from tierline.domain.hand_over_rules import HandOverRules
from tierline.domain.terms import PacketRule
from tierline.domain.ticket import Packet

FULL = Packet("rebooted twice", "log of 09:10", "look at the uplink")


def handing_over(rule: PacketRule) -> Story:
    policy = replace(example_policy(), hand_over=HandOverRules(rule))
    return Story(policy).open(priority=P3).ok(Claim("sam"))


def packets_asked(story: Story) -> list[Reviewed]:
    return [e for e in story.all(Reviewed) if e.what.kind == "packet"]


@pytest.mark.parametrize("handed", [None, Packet("tried", "", ""), Packet("", "seen", "ask")])
def test_required_and_missing_it_stays(handed):
    story = handing_over(PacketRule.REQUIRE)
    assert story.refused(Move("over my head", handed=handed)) == "packet_missing"
    assert story.ticket.group == "Desk"


def test_required_and_said_it_moves_with_it():
    story = handing_over(PacketRule.REQUIRE).ok(Move("over my head", handed=FULL))
    assert (story.ticket.group, story.ticket.packet) == ("Network", FULL)
    story.wait(10 * MINUTE)
    assert packets_asked(story) == []


def test_it_never_gates_a_p1_nor_a_move_by_time():
    policy = replace(example_policy(), hand_over=HandOverRules(PacketRule.REQUIRE))
    story = Story(policy).open(priority=P1).ok(Claim("sam")).ok(Move("now"))
    assert story.ticket.group == "Network"
    timed = handing_over(PacketRule.REQUIRE).wait(30 * MINUTE)
    assert timed.ticket.group == "Network"


def test_five_minutes_later_the_sender_is_asked_once():
    story = handing_over(PacketRule.ASK).ok(Move("over my head")).wait(5 * MINUTE)
    (asked,) = packets_asked(story)
    assert asked.at == MONDAY + 5 * MINUTE
    assert story.told(Reviewed) == {("sam", "packet asked", "notify")}
    story.wait(10 * MINUTE)
    assert len(packets_asked(story)) == 1


def test_said_in_time_nobody_is_asked():
    story = handing_over(PacketRule.ASK).ok(Move("over my head")).wait(2 * MINUTE)
    story.ok(Claim("tom"), TOM).ok(GivePacket(FULL))
    assert story.told(PacketGiven) == {("tom", "packet given", "notify")}
    story.wait(10 * MINUTE)
    assert packets_asked(story) == []
    assert story.ticket.packet == FULL


def test_a_packet_must_say_what_was_tried_and_asked_and_needs_a_hand_over():
    story = handing_over(PacketRule.ASK)
    assert story.refused(GivePacket(FULL)) == "not_handed_over"
    story.ok(Move("over my head"))
    assert story.refused(GivePacket(Packet("x", "y", " "))) == "missing"


def test_nothing_is_asked_on_the_way_down_nor_where_the_policy_is_free():
    story = handing_over(PacketRule.ASK).ok(Move("x", to_group="Triage"), TOM).wait(10 * MINUTE)
    assert packets_asked(story) == []
    free = handing_over(PacketRule.FREE).ok(Move("x")).wait(10 * MINUTE)
    assert packets_asked(free) == []
