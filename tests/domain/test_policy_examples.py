"""The example policies: as large as they say, wise at any season, read in the guide."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tierline.domain.business_time import is_open
from tierline.domain.terms import Mode
from tierline.policy.folder import load_folder
from tierline.policy.unwise import look

ROOT = Path(__file__).parents[2]
EXAMPLES = ("small-msp", "large-msp")
GUIDE = (ROOT / "docs" / "guides" / "example-policies.md").read_text()
SEASONS = [datetime(2026, month, 1, tzinfo=UTC) for month in (1, 3, 4, 8, 12)]


def load(name):
    return load_folder(ROOT / "examples" / name, year=2026)


SMALL, LARGE = map(load, EXAMPLES)


@pytest.mark.parametrize("start", SEASONS, ids=lambda at: f"{at:%b}")
@pytest.mark.parametrize("loaded", [SMALL, LARGE], ids=EXAMPLES)
def test_an_example_is_wise(loaded, start):
    assert look(loaded, start) == ((), 0)


def ours(loaded):
    partners = {it.name for it in loaded.policy.groups.values() if it.of}
    return [it for it in loaded.records.people if partners.isdisjoint(it.groups)]


def test_the_small_one_has_six_people_and_a_group_a_tier():
    assert len(ours(SMALL)) == 6
    assert [len(SMALL.policy.groups_of(tier)) for tier in SMALL.policy.tiers] == [1, 1, 1]


def test_the_large_one_has_twenty_two_people_a_night_partner_and_a_co_managed_client():
    policy = LARGE.policy
    assert len(ours(LARGE)) == 22
    assert {it.of for it in policy.groups.values() if it.of} == {
        "partner Nightwatch",
        "client Quayside Hospital",
    }
    assert len(LARGE.document["slas"]) == 3
    assert policy.mode.agreements == {"co-managed": Mode.SUGGEST}


@pytest.mark.parametrize(
    ("at", "staffed"),
    [
        (datetime(2026, 3, 3, 12, tzinfo=UTC), {"Desk London", "Desk Dublin", "Quayside IT"}),
        (datetime(2026, 3, 17, 12, tzinfo=UTC), {"Desk London", "Quayside IT"}),  # St Patrick
        (datetime(2026, 8, 31, 12, tzinfo=UTC), {"Desk Dublin"}),  # a bank holiday in England
        (datetime(2026, 3, 3, 3, tzinfo=UTC), {"Nightwatch"}),
        (datetime(2026, 3, 7, 12, tzinfo=UTC), {"Nightwatch"}),  # a Saturday
    ],
)
def test_the_first_line_of_the_large_one_by_day_by_night_and_on_holidays(at, staffed):
    open_now = {it.name for it in LARGE.policy.groups_of("T1") if is_open(it.hours, at)}
    assert open_now == staffed


@pytest.mark.parametrize("loaded", [SMALL, LARGE], ids=EXAMPLES)
def test_the_guide_names_every_group_rule_and_path(loaded):
    policy = loaded.policy
    named = [*policy.groups, *(rule.name for rule in policy.triage), *loaded.document["paths"]]
    assert [name for name in named if name not in GUIDE] == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_file_of_an_example_opens_with_two_lines_saying_what_it_is(name):
    for file in sorted((ROOT / "examples" / name).glob("*.yaml")):
        first, second = file.read_text().split("\n")[:2]
        assert first.startswith("# ")
        assert second.startswith("# ")


def test_what_the_guide_quotes_is_written_so():
    written = "\n".join(file.read_text() for file in sorted((ROOT / "examples").glob("**/*.yaml")))
    lines = {_bare(line) for line in written.splitlines()}
    quoted = [
        line
        for block in re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
        for line in block.splitlines()
    ]
    assert len(quoted) > 15
    assert [line for line in quoted if _bare(line) and _bare(line) not in lines] == []


def _bare(line):
    """A line without its comment and its indent."""
    return re.sub(r"\s+#.*$", "", line).strip()
