"""The example policy, the schema in the documentation, and the command that checks a policy."""

import json
from datetime import UTC, datetime
from pathlib import Path

import jsonschema_rs
import pytest
from typer.testing import CliRunner

from tests.domain.test_policy_errors import GOOD
from tierline.cli.policy import app
from tierline.domain.business_time import is_open
from tierline.domain.terms import ClockName, Mode, Priority, Role
from tierline.policy.document import compile_document
from tierline.policy.folder import load_folder, to_document
from tierline.policy.schema import policy_schema, schema_text
from tierline.policy.yaml import read_yaml

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "policy"
FILES = sorted(EXAMPLE.glob("*.yaml"))
SUNDAY_NIGHT = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def example():
    return load_folder(EXAMPLE, year=2026)


def test_the_example_has_nothing_to_complain_about(example):
    assert example.warnings == ()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_file_opens_with_two_lines_saying_what_it_is(file):
    first, second = file.read_text().split("\n")[:2]
    assert first.startswith("# ")
    assert second.startswith("# ")


def test_the_example_moves_tickets_at_any_hour(example):
    policy = example.policy
    assert policy.mode.default is Mode.ACT
    assert is_open(policy.groups["Desk"].hours, SUNDAY_NIGHT)
    assert is_open(policy.groups["Network"].hours, SUNDAY_NIGHT)
    assert not is_open(policy.groups["Infrastructure"].hours, SUNDAY_NIGHT)


def test_the_example_gives_the_first_line_half_an_hour(example):
    path = example.policy.paths["standard"]
    limits = {step.tier: step.limit.seconds for step in path.steps if step.limit}
    assert (limits["T1"], limits["T2"]) == (30 * 60, 60 * 60)
    assert path.steps[-1].tier == "management"
    assert path.step_after("T3", example.policy.tiers).tier == "management"


def test_pressing_tickets_are_covered_round_the_clock(example):
    for sla in example.policy.slas.values():
        assert is_open(sla.cover[Priority.P1], SUNDAY_NIGHT)
        assert is_open(sla.cover[Priority.P2], SUNDAY_NIGHT)
        assert not is_open(sla.cover[Priority.P3], SUNDAY_NIGHT)
        assert set(sla.targets) == set(Priority)
        assert ClockName.FULFIL in sla.requests


def test_the_example_has_people_of_every_role_in_every_group(example):
    people = example.records.people
    assert {person.role for person in people} == set(Role)
    assert {group for person in people for group in person.groups} == set(example.policy.groups)


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"device": {"type": "firewall"}, "category": "firewall"}, "Firewalls and switches skip"),
        ({"category": "server", "severity": "critical"}, "Critical servers skip the desk"),
        ({"title": "Backup failed: hd-srv-01"}, "Failed backups can wait"),
        ({"labels": {"alertname": "InternetDown"}}, "One internet outage a site"),
        ({}, "Everything else"),
    ],
)
def test_rules_of_the_example_match_what_they_say(example, facts, rule):
    ends = [it for it in example.policy.triage if it.matches(facts) and not it.do.go_on]
    assert ends[0].name.startswith(rule)


def test_the_schema_in_the_documentation_is_the_one_of_the_code():
    written = (ROOT / "docs" / "reference" / "policy-schema.json").read_text()
    assert written == schema_text(), "run: python -m tierline.policy.schema"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_example_fits_the_schema(file):
    jsonschema_rs.Draft202012Validator(policy_schema()).validate(read_yaml(file).root)


@pytest.mark.parametrize(
    "wrong",
    [
        {"groups": {"Desk": {"tier": "T1", "hours": "office", "nonsense": 1}}},
        {"tiers": "T1"},
        {"plans": {"slip_grace": "2bd"}},
        {"hours": {"office": {"mon-fri": "08:00-18:00"}}},
        {"clients": {"Contoso": {"agreement": "x", "record": "both"}}},
    ],
)
def test_the_schema_refuses_what_the_loader_refuses(wrong):
    assert not jsonschema_rs.Draft202012Validator(policy_schema()).is_valid(wrong)


def _run(*arguments):
    return CliRunner().invoke(app, list(map(str, arguments)))


def test_check_says_what_was_read():
    result = _run("check", EXAMPLE, "--year", 2026)
    assert result.exit_code == 0
    assert "6 tiers, 6 groups, 2 SLAs" in result.stdout
    assert "version sha256:" in result.stdout


def test_check_prints_json(example):
    result = _run("check", EXAMPLE, "--json", "--year", 2026)
    said = json.loads(result.stdout)
    assert (said["ok"], said["version"]) == (True, example.policy.version)
    assert said["counts"]["people"] == len(example.records.people)


def test_check_names_file_line_and_fix_and_exits_with_1(tmp_path):
    (tmp_path / "rules.yaml").write_text(GOOD.replace("tier: T2", "tier: T7"))
    result = _run("check", tmp_path)
    assert result.exit_code == 1
    assert f"{tmp_path}/rules.yaml:7:11: groups.Network.tier: no tier is called" in result.stderr
    assert result.stdout == ""


def test_check_prints_errors_as_json(tmp_path):
    (tmp_path / "rules.yaml").write_text(GOOD.replace("tiers:", "teirs:"))
    result = _run("check", tmp_path, "--json")
    assert result.exit_code == 1
    errors = json.loads(result.stdout)["errors"]
    assert {"file", "line", "column", "field", "message", "remedy"} == set(errors[0])
    assert any(error["remedy"] == "did you mean `tiers`?" for error in errors)


def test_check_warns_and_is_content(tmp_path):
    (tmp_path / "rules.yaml").write_text(GOOD.replace("{at: T1, limit: 30m}", "{at: T1}"))
    result = _run("check", tmp_path)
    assert result.exit_code == 0
    assert result.stderr.startswith("warning: ")


def test_schema_is_printed():
    assert _run("schema").stdout == schema_text()


def test_what_is_stored_of_the_example_is_accepted_again_and_means_the_same():
    """Services read a version back from what was stored: the checked document."""
    loaded = load_folder(EXAMPLE, year=2026)
    again = compile_document(to_document(EXAMPLE, year=2026))
    assert again.version == loaded.policy.version
    assert again.paths == loaded.policy.paths
    assert (again.paging, again.hand_over) == (loaded.policy.paging, loaded.policy.hand_over)
