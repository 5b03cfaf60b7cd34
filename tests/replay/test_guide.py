"""The mapping and the log that the guide shows are read as it says."""

import re
from pathlib import Path

import jsonschema_rs

from tierline.policy.yaml import parse_yaml
from tierline.replay.log import NO_CLIENT, read_log
from tierline.replay.mapping import parse_mapping
from tierline.replay.names import NAME_MAX
from tierline.replay.plan import plan
from tierline.replay.schema import mapping_schema

GUIDE = (Path(__file__).parents[2] / "docs/guides/replay.md").read_text()


def block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
    assert found, f"the guide has no {language} block"
    return found[1]


def test_the_log_of_the_guide_becomes_these_commands(tmp_path):
    file = tmp_path / "history.csv"
    file.write_text(block("csv"))
    mapping = parse_mapping(block("yaml"))
    made = plan(read_log(file, mapping), mapping)
    first = next(case for case in made.cases if case.key == "INC0012")
    assert [step.verb for step in first.steps] == [
        *("open", "claim", "move", "claim", "hold", "resolve", "close")
    ]
    assert first.expected.owner == "ann-lee"
    assert first.steps[0].fields["title"] == "INC0012: VPN drops"
    assert [(it.column, it.value) for it in made.unmapped] == [
        ("incident_state", "Parked"),
        ("company", ""),
    ]


def test_the_mapping_of_the_guide_fits_the_schema():
    validator = jsonschema_rs.validator_for(mapping_schema())
    validator.validate(parse_yaml(block("yaml"), "guide").root)


def test_every_reason_the_reader_gives_is_explained():
    source = Path(__file__).parents[2] / "shared/tierline/replay"
    code = (source / "log.py").read_text() + (source / "plan.py").read_text()
    reasons = re.findall(
        r'(?:reason = |IDLE = |WAITS = |EARLIER = |CHANGES = |, )f?"([^"]+: [^"]+)"', code
    )
    assert len(reasons) >= 12
    for reason in reasons:
        assert shown(reason) in GUIDE, reason


def shown(reason: str) -> str:
    """As the guide shows it: without what a mapping, or the row, fills in."""
    if reason.startswith("{error}"):
        return "the row is left out"
    if reason.endswith(("{taken}", "{mapping.unassigned}")):
        return reason[: reason.rindex("{")] + "..."
    return reason.replace("{NO_CLIENT}", NO_CLIENT).replace("{most}", str(NAME_MAX))
