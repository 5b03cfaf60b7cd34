"""Rules, dashboard and runbook speak of what is there: metrics, labels, buckets, headings."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.conftest import require_or_skip
from tests.contract.metrics import Exposed, exposed
from tests.product import ROOT
from tierline.runtime.addresses import FIXED_PORTS

FOLDER = ROOT / "deploy" / "observability"
RULES, RULES_TEST = FOLDER / "rules.yaml", FOLDER / "rules_test.yaml"
DASHBOARD = FOLDER / "grafana" / "dashboards" / "tierline.json"
PROMTOOL_SECONDS = 110

SERIES = re.compile(r"\b(?:tierline[_:][A-Za-z0-9_:]*[A-Za-z0-9]|process_[a-z_]+|up)\b")
SELECTOR = re.compile(r"\b(tierline[_:][A-Za-z0-9_:]+|process_[a-z_]+|up)\{([^}]*)\}")
MATCHER = re.compile(r"([a-z_]+)\s*(?:=~|!~|!=|=)\s*\"((?:[^\"\\]|\\.)*)\"")
GROUPED = re.compile(r"\b(?:by|without|on)\s*\(([^)]*)\)")
LEGEND = re.compile(r"\{\{\s*([a-z_]+)\s*\}\}")
FROM_OUTSIDE = {"up", "process_cpu_seconds_total", "process_resident_memory_bytes"}
FROM_OUTSIDE |= {"process_start_time_seconds"}
SCRAPED = {"job", "instance"}
"""Labels that Prometheus puts on whatever it scrapes."""

NOT_SHOWN = {"tierline_notifier_caught_mails_total": "of a development stack alone"}


@cache
def by_series() -> dict[str, Exposed]:
    return {name: metric for metric in exposed() for name in metric.series}


@cache
def rules() -> list[dict[str, Any]]:
    groups = YAML(typ="safe").load(RULES)["groups"]
    return [rule for group in groups for rule in group["rules"]]


def alerts() -> dict[str, dict[str, Any]]:
    return {rule["alert"]: rule for rule in rules() if "alert" in rule}


def recorded() -> dict[str, set[str]]:
    """Labels of every recorded series."""
    return {rule["record"]: set(rule.get("labels", {})) for rule in rules() if "record" in rule}


@cache
def panels() -> list[dict[str, Any]]:
    found = json.loads(DASHBOARD.read_text())["panels"]
    return [panel for panel in found if panel["type"] != "row"]


def queries() -> Iterator[tuple[str, str, str]]:
    """Where it stands, the PromQL, and the legend of every expression there is."""
    for rule in rules():
        name = rule.get("alert") or rule["record"]
        said = " ".join(rule.get("annotations", {}).values())
        yield name, str(rule["expr"]), re.sub(r"\$labels\.(\w+)", r"\1", said)
    for panel in panels():
        for target in panel["targets"]:
            yield panel["title"], target["expr"], target["legendFormat"]


def labels_of(series: str) -> set[str]:
    if series in by_series():
        return set(by_series()[series].selectable) | SCRAPED
    return recorded().get(series, set()) | SCRAPED


def faults(expression: str, legend: str = "") -> list[str]:
    """What a query speaks of and is not there."""
    names = set(SERIES.findall(re.sub(r"\"(?:[^\"\\]|\\.)*\"", '""', expression)))
    known = by_series().keys() | recorded().keys() | FROM_OUTSIDE
    found = [f"no metric {name}" for name in sorted(names - known)]
    for series, inside in SELECTOR.findall(expression):
        for label, value in MATCHER.findall(inside):
            if label not in labels_of(series):
                found.append(f"{series} has no label {label}")
            if label == "le":
                found += _bound_faults(series, value)
    wanted = {one.strip() for group in GROUPED.findall(expression) for one in group.split(",")}
    wanted |= set(LEGEND.findall(legend))
    able = SCRAPED.union(*(labels_of(name) for name in names & known))
    return found + [f"nothing has a label {label}" for label in sorted(wanted - able)]


def _bound_faults(series: str, value: str) -> list[str]:
    """A bucket that no histogram has: the rule would never say anything."""
    metric = by_series().get(series)
    bounds = metric.bounds if metric else ()
    bound = float(value.removesuffix(r"(\\.0)?"))
    return [] if bound in bounds else [f"{series} has no bucket {bound}"]


def test_every_query_speaks_of_what_is_there():
    wrong = {f"{where}: {query}": faults(query, legend) for where, query, legend in queries()}
    assert {query: found for query, found in wrong.items() if found} == {}


@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("rate(tierline_alerts_acepted_total[5m])", "no metric tierline_alerts_acepted_total"),
        ('tierline_outbox_rows{shard="1"}', "tierline_outbox_rows has no label shard"),
        ("sum by (client) (tierline_tickets_open)", "nothing has a label client"),
        (
            'tierline_timer_lateness_seconds_bucket{le="0.3"}',
            "tierline_timer_lateness_seconds_bucket has no bucket 0.3",
        ),
        ("tierline:slo_errors:ratio_rate2h", "no metric tierline:slo_errors:ratio_rate2h"),
    ],
)
def test_a_query_of_what_is_not_there_is_found(query, fault):
    assert faults(query) == [fault]


def test_every_metric_is_on_the_dashboard():
    shown = " ".join(target["expr"] for panel in panels() for target in panel["targets"])
    read = {r["record"]: r["expr"] for r in rules() if "record" in r and r["record"] in shown}
    seen = set(SERIES.findall(f"{shown} {' '.join(map(str, read.values()))}"))
    missing = {one.name for one in exposed() if not one.series & seen}
    assert missing == set(NOT_SHOWN)


def test_panels_have_a_place_a_title_and_a_number_of_their_own():
    found = json.loads(DASHBOARD.read_text())["panels"]
    assert len({panel["id"] for panel in found}) == len(found)
    assert len({panel["title"] for panel in found}) == len(found)
    taken: set[tuple[int, int]] = set()
    for panel in found:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24, panel["title"]
        taken |= cells


def test_each_alert_says_who_is_told_and_what_to_do():
    page = ROOT / "docs" / "runbooks" / "alerts.md"
    headings = re.findall(r"^## (.+)$", page.read_text(), re.MULTILINE)
    assert sorted(headings) == sorted(alerts())
    for name, rule in alerts().items():
        assert rule["labels"]["severity"] in {"page", "ticket"}, name
        said = rule["annotations"]
        assert said["runbook_url"] == f"docs/runbooks/alerts.md#{name.lower()}", name
        assert said["summary"], name
        assert said["description"], name
        section = page.read_text().partition(f"\n## {name}\n")[2].lstrip()
        assert section.startswith(f"**{rule['labels']['severity'].capitalize()}.**"), name


def test_each_alert_is_tried_where_it_fires_and_where_it_does_not():
    cases = YAML(typ="safe").load(RULES_TEST)["tests"]
    tried = [one for case in cases for one in case["alert_rule_test"]]
    firing = {one["alertname"] for one in tried if one["exp_alerts"]}
    assert firing == set(alerts())


def test_the_objectives_are_those_of_the_page():
    text = (ROOT / "docs" / "guides" / "slos.md").read_text()
    stated = {
        name: round(1 - float(share) / 100, 6)
        for name, share in re.findall(r"^\| ([a-z-]+) \|.*\| ([0-9.]+) % \|", text, re.MULTILINE)
    }
    budgets = {
        rule["labels"]["slo"]: float(re.search(r"[0-9.]+", str(rule["expr"]))[0])
        for rule in rules()
        if rule.get("record") == "tierline:slo_budget:ratio"
    }
    assert stated == budgets
    kinds = [r for r in recorded() if r.startswith(("tierline:slo_errors", "tierline:slo_bad"))]
    for kind in kinds:
        slos = [r["labels"]["slo"] for r in rules() if r.get("record") == kind]
        assert sorted(slos) == sorted(budgets), kind


def test_what_is_scraped_is_what_make_run_starts():
    config = YAML(typ="safe").load(FOLDER / "prometheus.yaml")
    assert all((FOLDER / name).is_file() for name in config["rule_files"])
    scraped = {
        job["job_name"].removeprefix("tierline-"): job["static_configs"][0]["targets"]
        for job in config["scrape_configs"]
    }
    assert scraped == {
        name: [f"127.0.0.1:{FIXED_PORTS[name]}"]
        for name in ("intake", "router", "sla-timer", "notifier", "console")
    }


def test_grafana_finds_the_dashboard_and_a_source():
    provisioning = FOLDER / "grafana" / "provisioning"
    (provider,) = YAML(typ="safe").load(provisioning / "dashboards.yaml")["providers"]
    (source,) = YAML(typ="safe").load(provisioning / "datasources.yaml")["datasources"]
    assert (provider["type"], source["type"]) == ("file", "prometheus")
    assert f"{provider['options']['path']}/" in (ROOT / "docs/guides/observability.md").read_text()
    variables = json.loads(DASHBOARD.read_text())["templating"]["list"]
    assert {one["name"] for one in variables} == {"datasource", "job"}


# -- by Prometheus' own tool


def promtool(*arguments: str) -> "subprocess.CompletedProcess[str]":
    tool = shutil.which("promtool")
    if tool is None:
        require_or_skip("promtool is not installed (Debian's prometheus has it)")
    return subprocess.run(
        [str(tool), *arguments],
        capture_output=True,
        text=True,
        timeout=PROMTOOL_SECONDS,
        check=False,
    )


@pytest.mark.promtool
@pytest.mark.parametrize(
    "arguments",
    [("check", "config", "prometheus.yaml"), ("test", "rules", "rules_test.yaml")],
    ids=["the configuration and the rules are read", "the rules say what their tests want"],
)
def test_prometheus_takes_them(arguments):
    done = promtool(*arguments[:-1], str(FOLDER / arguments[-1]))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.promtool
def test_a_rule_that_says_something_else_fails_its_test(tmp_path: Path):
    broken = RULES.read_text().replace(
        "tierline_outbox_age_seconds) > 30", "tierline_outbox_rows) > 30"
    )
    assert broken != RULES.read_text()
    (tmp_path / "rules.yaml").write_text(broken)
    cases = YAML(typ="safe").load(RULES_TEST)
    cases["tests"] = [c for c in cases["tests"] if "does not reach Kafka" in c["name"]]
    YAML().dump(cases, tmp_path / "rules_test.yaml")
    assert promtool("test", "rules", str(tmp_path / "rules_test.yaml")).returncode != 0
