"""The guide and the reference say what the code does."""

import re
from pathlib import Path

import pytest

from intake import limits
from intake.adapters import ADAPTERS, adapter_for
from intake.routes import alerts, body, problems

DOCS = Path(__file__).parents[3] / "docs"
REFERENCE = (DOCS / "reference/alerts.md").read_text()
GUIDE = (DOCS / "guides/sources.md").read_text()


@pytest.mark.parametrize("text", [GUIDE, REFERENCE], ids=["guide", "reference"])
def test_every_json_example_is_an_alert_that_is_taken(text: str) -> None:
    examples = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    examples += re.findall(r"-d '(.*?)'", text)
    assert examples
    for example in examples:
        event = {"content-type": "application/cloudevents+json"} if "specversion" in example else {}
        _, adapter = adapter_for("json", event)
        parsed = adapter(example.encode(), event, {})
        assert len(parsed.alerts) == 1
        assert not parsed.rejected
        assert not parsed.alerts[0].alert.extra.keys() - {"cloudevent"}


@pytest.mark.parametrize(
    "words",
    [
        f"{limits.BODY_BYTES_MAX // 1024**2} MiB, within {limits.BODY_SECONDS:g} s",
        f"| alerts in a request | {limits.ALERTS_MAX:,} |",
        f"| an alert as stored | {limits.ALERT_BYTES_MAX // 1024} KiB |",
        f"| {limits.DEDUP_KEY_MAX} characters |",
        f"| `title` | {limits.TITLE_MAX} characters |",
        f"`service` | {limits.NAME_MAX} characters |",
        f"{limits.LABELS_MAX}, names of {limits.LABEL_KEY_MAX} and values of ",
        f"and values of {limits.LABEL_VALUE_MAX:,} characters",
        f"| {limits.LINKS_MAX}, of {limits.LINK_MAX:,} characters |",
        f"| {limits.DEPTH_MAX} levels |",
        f"up to {limits.DEAD_LETTER_BYTES_MAX // 1024} KiB each",
    ],
)
def test_the_reference_states_the_limits(words: str) -> None:
    assert words in REFERENCE


def test_the_reference_lists_every_code_an_answer_can_have() -> None:
    source = "".join(Path(module.__file__).read_text() for module in (alerts, body, problems))
    raised = set(re.findall(r'(?:ProblemError\(\s*\d+,|come_again\()\s*"(\w+)"', source))
    assert len(raised) >= 11
    assert all(f"`{code}`" in REFERENCE for code in raised - {"unexpected"})


def test_the_guide_names_every_kind() -> None:
    assert all(f"`{kind}`" in GUIDE for kind in ADAPTERS)
