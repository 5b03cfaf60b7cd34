"""Mapping files: what they may say, and how they are complained about."""

import json
from pathlib import Path

import jsonschema_rs
import pytest

from tierline.domain.terms import HoldReason, Priority
from tierline.policy.errors import PolicyError
from tierline.policy.yaml import read_yaml
from tierline.replay.mapping import load_mapping, parse_mapping
from tierline.replay.meaning import Kind, Lookup, Meaning, Order
from tierline.replay.schema import mapping_schema, schema_text

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "shared/tierline/replay/examples").glob("*.yaml"))

SMALLEST = """\
columns: {case: id, at: when, status: state, team: team}
statuses: {New: queued, else: working}
tiers: {T1: first}
teams: {else: T1}
client: Elm Foods
"""

FORM = 'client: A\ninstants: {{formats: "{}"}}'


def test_the_smallest_mapping_says_five_things():
    mapping = parse_mapping(SMALLEST)
    assert mapping.tiers == ("T1",)
    assert mapping.formats == ("iso",)
    assert mapping.file.order is Order.OLDEST_FIRST
    assert mapping.statuses.of("new") == Meaning(Kind.QUEUED)
    assert mapping.statuses.of("anything") == Meaning(Kind.WORKING)


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_an_example_loads_and_fits_the_schema_for_editors(file):
    mapping = load_mapping(file)
    assert mapping.name == file.stem
    validator = jsonschema_rs.validator_for(mapping_schema())
    validator.validate(read_yaml(file).root)


def test_the_schema_refuses_what_the_loader_refuses():
    validator = jsonschema_rs.validator_for(mapping_schema())
    wrong = read_yaml(EXAMPLES[0]).root
    wrong["statuses"] = {"New": "qeued"}
    assert not validator.is_valid(wrong)


def test_the_schema_in_the_documentation_is_the_one_the_grammar_prints():
    written = (ROOT / "docs/reference/replay-mapping-schema.json").read_text()
    assert json.loads(written) == json.loads(schema_text())


def test_meanings_of_the_example():
    mapping = load_mapping(EXAMPLES[0])
    waits = mapping.statuses.of("Accepted / Wait - User")
    assert waits == Meaning(Kind.HOLD, HoldReason.CLIENT, "the user")
    assert mapping.tier_values.of("L2/L3") == "L3"
    assert mapping.priorities.of("Major") is Priority.P1


def test_a_value_written_out_wins_over_a_pattern_and_an_earlier_pattern_over_a_later():
    lookup = Lookup([("else", 0), ("Wait*", 1), ("*", 2), ("Wait - User", 3)])
    assert [lookup.of(v) for v in ("wait - user", "WAIT", "Other")] == [3, 1, 2]
    assert Lookup([("a.c", 1)]).of("abc") is None, "a dot is a dot"


@pytest.mark.parametrize(
    ("written", "meant", "line", "field", "said"),
    [
        ("New: queued", "New: qeued", 2, "statuses.New", "did you mean `queued`?"),
        ("New: queued", "New: {hold: klient}", 2, "statuses.New.hold", "mean `client`?"),
        ("New: queued", "New: hold", 2, "statuses.New", "must not be the text `hold`"),
        ("team: team", "tem: team", 1, "columns.tem", "did you mean `team`?"),
        ("teams: {else: T1}", "teams: {else: T2}", 4, "teams.else", "no tier is called `T2`"),
        ("teams: {else: T1}", "teams: {Desk: T1}", 4, "teams", "end `teams` with `else: TIER`"),
        ("{T1: first}", "{T1: first, T2: First}", 3, "tiers.T2", "already a value of T1"),
        ("{T1: first}", "{}", 3, "tiers", "names no line of support"),
        ("client: Elm Foods", "type: incident", 1, "client", "nothing says whose incidents"),
        ("client: Elm Foods", "client: A\nclients: {a: A}", 6, "clients", "`columns.client`"),
        ("client: Elm Foods", "client: A\nstaffed: {T1: day}", 6, "staffed.T1", "`day`"),
        ("client: Elm Foods", "client: A\nlimits: {T9: 4h}", 6, "limits.T9", "`T9`"),
        ("client: Elm Foods", "client: A\ninstants: {zone: Mars}", 6, "instants.zone", "Mars"),
        ("client: Elm Foods", "client: A\ninstants: {formats: dmy}", 6, "formats", "no form"),
        ("client: Elm Foods", FORM.format("%d.%m.%Y %k:%M"), 6, "formats", "no form of an"),
        ("client: Elm Foods", FORM.format("%d.%m. %H:%M"), 6, "formats", "year, month and day"),
        ("client: Elm Foods", FORM.format("%d.%m.%Y %I:%M"), 6, "formats", "write `%H`, or `%p`"),
        ("client: Elm Foods", FORM.format("%d.%m.%Y %H:%M %Z"), 6, "formats", "instants.zone"),
        ("client: Elm Foods", "client: A\nlimts: {T1: 4h}", 6, "limts", "did you mean `limits`?"),
    ],
)
def test_what_is_wrong_is_named_with_line_field_and_remedy(written, meant, line, field, said):
    assert written in SMALLEST
    with pytest.raises(PolicyError) as caught:
        parse_mapping(SMALLEST.replace(written, meant))
    found = [it for it in caught.value.findings if (it.line, field in it.field) == (line, True)]
    assert any(said in str(it) for it in found), str(caught.value)


@pytest.mark.parametrize(
    "form",
    ["%d/%m/%Y %H:%M", "%m/%d/%y %I:%M %p", "%Y-%m-%dT%H:%M:%S.%f%z", "%d %b %Y, %H.%M UTC", "%x"],
)
def test_a_form_that_reads_what_it_writes_is_taken(form):
    assert parse_mapping(SMALLEST + FORM.format(form).split("\n")[1]).formats == (form,)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(PolicyError, match=r"none\.yaml.*cannot be read"):
        load_mapping(tmp_path / "none.yaml")
