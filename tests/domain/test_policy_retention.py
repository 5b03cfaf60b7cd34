"""`retention`: how it is written, what it becomes, what is too short and what would do."""

import jsonschema_rs
import pytest

from tests.domain.test_policy_errors import GOOD
from tierline.domain.retention_rules import Age, RetentionRules
from tierline.policy.document import compile_document
from tierline.policy.errors import PolicyError
from tierline.policy.folder import load_folder
from tierline.policy.schema import policy_schema

ALL = """\
retention:
  archive closed tickets after: 13 months
  drop archives after: 7 years
  drop alerts without ticket after: 90 days
"""
OFTEN = "triage:\n  - {name: Often, when: {count.30d: at least 3}, do: {category: x, next: true}}\n"


def loaded(tmp_path, more=""):
    (tmp_path / "rules.yaml").write_text(GOOD + more)
    return load_folder(tmp_path, year=2026)


def test_what_is_written_is_kept_and_read_back_the_same(tmp_path):
    found = loaded(tmp_path, ALL)
    rules = RetentionRules(Age(months=13), Age(months=84), Age(days=90))
    assert found.policy.retention == rules
    assert compile_document(found.document).retention == rules
    jsonschema_rs.validate(policy_schema(), {"retention": found.document["retention"]})


def test_left_out_everything_is_kept(tmp_path):
    assert loaded(tmp_path).policy.retention == RetentionRules()
    some = loaded(tmp_path, "retention: {drop alerts without ticket after: 1 month}\n")
    assert some.policy.retention == RetentionRules(loose_alerts=Age(months=1))


@pytest.mark.parametrize(
    ("written", "field", "said"),
    [
        ("archive closed tickets after: 13m", "archive", "13 months"),
        ("archive closed tickets after: 0 months", "archive", "13 months"),
        ("archive closed tickets after: 400", "archive", "in quotes"),
        ("archive closed tickets after: 12 months", "archive", "write 13 months, or more"),
        ("archive closed tickets after: 365 days", "archive", "look back 366 days"),
        ("drop archives after: 7 years", "drop archives after", "nothing is ever archived"),
        (
            "archive closed tickets after: 2 years\n  drop archives after: 24 months",
            "drop archives after",
            "write more than for closed tickets",
        ),
        ("keep forever: 1 year", "keep forever", "no key"),
    ],
)
def test_what_is_wrong_is_named_with_the_remedy(tmp_path, written, field, said):
    with pytest.raises(PolicyError) as caught:
        loaded(tmp_path, f"retention:\n  {written}\n")
    assert field in str(caught.value)
    assert said in str(caught.value)


def test_what_the_policy_itself_looks_back_at_is_kept_so_long(tmp_path):
    loose = "retention: {drop alerts without ticket after: 29 days}\n"
    assert loaded(tmp_path, loose).policy.retention.loose_alerts == Age(days=29)
    (tmp_path / "rules.yaml").write_text(GOOD.replace("triage:\n", OFTEN) + loose)
    with pytest.raises(PolicyError, match="counts alerts over 30d, and would count fewer"):
        load_folder(tmp_path, year=2026)
    survey = "survey: {share: 20%, not_more_often_than: 999d}\n"
    with pytest.raises(PolicyError, match="write 999 days, or more"):
        loaded(tmp_path, survey + ALL)
