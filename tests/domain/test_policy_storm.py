"""`storm`: how it is written, what it becomes, what is wrong with it."""

from datetime import timedelta

import jsonschema_rs
import pytest

from tests.domain.test_policy_errors import GOOD
from tierline.domain.storm_rules import StormRules
from tierline.policy.document import compile_document
from tierline.policy.errors import PolicyError
from tierline.policy.folder import load_folder
from tierline.policy.schema import policy_schema


def loaded(tmp_path, more=""):
    (tmp_path / "rules.yaml").write_text(GOOD + more)
    return load_folder(tmp_path, year=2026)


def test_left_out_it_is_more_than_five_in_ten_minutes(tmp_path):
    rules = loaded(tmp_path).policy.storm
    assert rules == StormRules(5, timedelta(minutes=10), timedelta(minutes=15))
    assert rules.undecided_moves


@pytest.mark.parametrize(
    ("written", "rules"),
    [
        ("storm: never\n", None),
        ("storm: {more_than: 20}\n", StormRules(20)),
        (
            "storm: {more than: 3, within: 1h, decide within: 30m, undecided: stay}\n",
            StormRules(3, timedelta(hours=1), timedelta(minutes=30), undecided_moves=False),
        ),
    ],
)
def test_what_is_written_is_kept_and_read_back_the_same(tmp_path, written, rules):
    found = loaded(tmp_path, written)
    assert found.policy.storm == rules
    assert compile_document(found.document).storm == rules
    jsonschema_rs.validate(policy_schema(), {"storm": found.document["storm"]})


@pytest.mark.parametrize(
    ("written", "field", "said"),
    [
        ("storm: always", "storm", "never"),
        ("storm: {more_than: 0}", "storm.more_than", "1"),
        ("storm: {more_than: 101}", "storm.more_than", "100"),
        ("storm: {within: 2h}", "storm.within", "write at most 1h"),
        ("storm: {within: 1bd}", "storm.within", "counts business days"),
        ("storm: {decide_within: 15}", "storm.decide_within", "no unit"),
        ("storm: {undecided: perhaps}", "storm.undecided", "move"),
        ("storm: {after: 5}", "storm", "after"),
    ],
)
def test_what_is_wrong_is_named_with_the_remedy(tmp_path, written, field, said):
    with pytest.raises(PolicyError) as caught:
        loaded(tmp_path, f"{written}\n")
    assert field in str(caught.value)
    assert said in str(caught.value)
