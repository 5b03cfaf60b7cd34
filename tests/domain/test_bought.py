"""Which of several agreements a ticket is under, and that it is decided once, when it opens."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.worlds import MONDAY, Story, example_policy
from tierline.domain.bought import Bought, Concerned, agreement_for
from tierline.domain.events import Opened
from tierline.domain.policy import Agreement

SILVER, GOLD, MAIL = (Agreement(name, "gold", "standard") for name in ("silver", "gold", "mail"))
KINDS = replace(GOLD, name="kinds", covers=("firewall", "backup"))


def policy():
    plain = example_policy()
    bought = {one.name: one for one in (SILVER, GOLD, MAIL, KINDS)}
    return replace(plain, agreements={**plain.agreements, **bought})


def under(*bought, default="silver", **about):
    found = agreement_for(policy(), "Contoso", bought, Concerned(**about), default)
    return (found.name, found.covered)


ALL = Bought("silver")
FIREWALL = Bought("gold", devices=("fw1",))
POST = Bought("mail", services=("smtp",), categories=("mail",))


@pytest.mark.parametrize(
    ("bought", "about", "found"),
    [
        ((), {}, ("silver", True)),
        ((ALL, FIREWALL), {"device": "fw1"}, ("gold", True)),
        ((ALL, FIREWALL), {"device": "fw2"}, ("silver", True)),
        ((FIREWALL, ALL), {"device": "fw2"}, ("silver", True)),
        ((ALL, FIREWALL, POST), {"service": "smtp"}, ("mail", True)),
        ((ALL, FIREWALL, POST), {"category": "mail", "device": "pc1"}, ("mail", True)),
        ((ALL, FIREWALL, POST), {"category": "mail", "device": "fw1"}, ("gold", True)),
        ((ALL, Bought("kinds")), {"kind": "firewall", "device": "fw9"}, ("kinds", True)),
        ((ALL, Bought("kinds")), {"service": "backup"}, ("kinds", True)),
        ((Bought("kinds"), ALL), {"kind": "printer"}, ("silver", True)),
        ((Bought("kinds"), ALL), {}, ("silver", True)),
        ((FIREWALL, POST), {"device": "pc1"}, ("silver", False)),
        ((FIREWALL, POST), {}, ("silver", False)),
    ],
    ids=str,
)
def test_the_most_definite_one_first_then_the_order_of_the_record(bought, about, found):
    assert under(*bought, **about) == found


def test_one_that_covers_kinds_alone_does_not_cover_another_kind():
    assert under(Bought("kinds"), default="kinds", kind="printer") == ("kinds", False)
    assert under(Bought("kinds"), default="kinds") == ("kinds", True), "nothing is known of it"


NAMES = st.sampled_from(["", "fw1", "smtp", "mail", "printer", "firewall"])
SOME = st.lists(NAMES.filter(bool), max_size=2).map(tuple)


@given(
    st.lists(
        st.builds(Bought, st.sampled_from(["silver", "gold", "kinds"]), SOME, SOME, SOME),
        max_size=4,
    ),
    st.builds(Concerned, NAMES, NAMES, NAMES, NAMES),
)
def test_it_is_always_one_of_them_or_the_default(bought, about):
    found = agreement_for(policy(), "Contoso", bought, about, "mail")
    assert found.name in {"mail", *(one.name for one in bought)}
    named = any(
        about.device in it.devices
        or about.service in it.services
        or about.category in it.categories
        for it in bought
    )
    assert found.covered or not named


def test_the_ticket_says_which_and_why():
    story = Story(policy(), now=MONDAY)
    story.open(agreement="silver", bought=(ALL, FIREWALL), host="fw1")
    opened = story.last(Opened)
    assert story.ticket.agreement == opened.what.agreement == "gold"
    assert opened.why.values["agreement"] == "its record names the device fw1"
