"""The policy a replay runs under: generated, written as files, or given by hand."""

from dataclasses import replace

import pytest

from tests.replay.histories import History, made_up
from tests.replay.test_steps import MAPPING, WORK, planned
from tierline.domain.business_time import is_open
from tierline.domain.terms import ClockName, Mode, Priority, Role
from tierline.policy.folder import load_folder
from tierline.policy.shapes import ITEMS_LIMIT
from tierline.replay.log import LogError
from tierline.replay.plan import PlanGroup, PlanPerson
from tierline.replay.policy import generate, records_of, unfit
from tierline.replay.written import write_folder


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> History:
    return made_up(tmp_path_factory.mktemp("log"))


def test_the_generated_policy_watches_and_names_nobody_a_member(made):
    policy = made.loaded.policy
    assert policy.mode.default is Mode.WATCH
    assert not any(group.members or group.lead for group in policy.groups.values())
    assert made.loaded.warnings == ()


def test_teams_people_and_clients_of_the_log_are_there(made):
    policy, records = made.loaded.policy, made.loaded.records
    tiers = {name: group.tier for name, group in policy.groups.items()}
    assert tiers["Identity 2nd 3rd"] == "L3"
    assert policy.tiers == ("L1", "L2", "L3")
    assert {client.name for client in records.clients} == set(made.plan.clients)
    assert {person.login for person in records.people} == {p.login for p in made.plan.people}
    assert {person.role for person in records.people} == {Role.TECHNICIAN}


def test_hours_limits_and_promises_are_the_mappings(made):
    policy = made.loaded.policy
    night = made.plan.start.replace(hour=1)
    assert is_open(policy.groups["Desk Night"].hours, night)
    assert not is_open(policy.groups["Desk North"].hours, night)
    (path,) = policy.paths.values()
    assert [step.limit.seconds for step in path.steps][:1] == [4 * 3600]
    (sla,) = policy.slas.values()
    assert sla.targets[Priority.P1][ClockName.PLAN].seconds == 3600


def test_a_mapping_that_says_nothing_of_it_gets_hours_and_promises_all_the_same():
    loaded = generate(planned(WORK), MAPPING)
    assert unfit(planned(WORK), loaded.policy) == ()
    assert list(loaded.policy.groups) == ["Desk", "Up"]


def test_written_as_files_it_loads_as_the_same_version(made, tmp_path):
    write_folder(made.loaded.document, records_of(made.plan), tmp_path / "policy")
    loaded = load_folder(tmp_path / "policy", year=1 + made.plan.start.year)
    assert loaded.policy.version == made.loaded.policy.version
    assert loaded.records == made.loaded.records
    for file in (tmp_path / "policy").iterdir():
        assert file.read_text().startswith("# ")


def test_the_policy_made_for_a_plan_suits_it(made):
    assert unfit(made.plan, made.loaded.policy) == ()


def test_why_a_policy_does_not_suit_is_said(made):
    policy = made.loaded.policy
    groups = dict(policy.groups)
    del groups["Core 3rd"]
    groups["Mail 2nd"] = replace(groups["Mail 2nd"], tier="L1")
    groups["Desk North"] = replace(groups["Desk North"], members=("ada",))
    other = replace(
        policy,
        groups=groups,
        tiers=("L2", "L1", "L3"),
        mode=replace(policy.mode, clients={"Elm Foods": Mode.ACT}),
    )
    reasons = " | ".join(unfit(made.plan, other))
    for said in (
        "no group Core 3rd",
        "Mail 2nd is of tier L1, in the log of L2",
        "Desk North names members",
        "in this order: L1, L2, L3",
        "mode must be watch everywhere",
    ):
        assert said in reasons


@pytest.mark.parametrize("what", ["groups", "people", "clients"])
def test_a_log_with_more_names_than_a_policy_holds_is_refused(what):
    many = range(ITEMS_LIMIT + 1)
    names = {
        "groups": tuple(PlanGroup(f"g{i}", "T1") for i in many),
        "people": tuple(PlanPerson(f"p{i}", f"p{i}") for i in many),
        "clients": tuple(f"c{i}" for i in many),
    }
    crowded = replace(planned(WORK), **{what: names[what]})
    with pytest.raises(LogError, match=f"names {ITEMS_LIMIT + 1} .*`only` and `skip`"):
        generate(crowded, MAPPING)
