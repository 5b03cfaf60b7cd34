"""docs/reference/metrics.md: every metric of every service, as the code registers it.

python -m tests.contract.metrics    # what `make contracts` writes
"""

import importlib
import pkgutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from prometheus_client import REGISTRY

SERVICES = ("intake", "router", "sla_timer", "notifier", "console")
SHARED: dict[str, str] = {
    "tierline.bus.metrics": "intake, router, sla-timer, notifier",
    "tierline.runtime.requests": "every service",
    "tierline.runtime.vitals": "every service",
    "tierline.store.metrics": "intake, router, sla-timer, notifier",
    "tierline.web.sse": "router",
}
"""Shared modules that register metrics, and whose they are."""

HEADER = """\
# Metrics

Every service answers `GET /metrics` in Prometheus' text format. This page is written by
`make contracts` from what the code registers; [Seeing inside](../guides/observability.md) says what
to look at, and [SLOs](../guides/slos.md) what is promised of them. Beside these come the
`process_...` and `python_...` metrics of the client library.

No label holds a client's name, a ticket's number or anything else that grows with the business:
routes, groups, channels and reasons are of the code or of the policy.
"""

NOTE = """
What stands in the tables (`tierline_outbox_rows` and `_age`, `tierline_tickets_...`,
`tierline_messages_waiting`, `tierline_dead_letters`, `tierline_subscriptions_disabled`) and the
auditor's findings are read by sla-timer alone; each of its replicas reads the same, so take the
`max` over them, not the `sum`. When they were last read, `tierline_standing_timestamp_seconds` and
`tierline_auditor_timestamp_seconds` say.
"""


@dataclass(frozen=True)
class Exposed:
    """A metric as it is registered.

    `name` is as written in the code, `_total` included; `bounds` are a histogram's buckets.
    """

    name: str
    kind: str
    labels: tuple[str, ...]
    words: str
    module: str
    bounds: tuple[float, ...] = ()

    @property
    def series(self) -> frozenset[str]:
        """The names under which Prometheus finds it."""
        if self.kind == "histogram":
            return frozenset(f"{self.name}{end}" for end in ("_bucket", "_sum", "_count"))
        return frozenset({self.name})

    @property
    def selectable(self) -> frozenset[str]:
        """Its labels, those included that its kind brings."""
        return frozenset(self.labels) | ({"le"} if self.kind == "histogram" else set())


def load() -> None:
    """Import every module of every service, so that all that is ever registered is."""
    for service in SERVICES:
        package = importlib.import_module(service)
        for found in pkgutil.walk_packages(package.__path__, f"{service}."):
            if not found.name.endswith("__main__"):
                importlib.import_module(found.name)


def exposed() -> list[Exposed]:
    """Every metric of ours, by service and name."""
    load()
    found = list(_found())
    return sorted(found, key=lambda one: (whose(one), one.name))


def whose(metric: Exposed) -> str:
    """The service, or services, that expose it. Raises KeyError for an unknown shared module."""
    top = metric.module.partition(".")[0]
    return SHARED[metric.module] if top == "tierline" else top.replace("_", "-")


def _found() -> Iterator[Exposed]:
    for collector in set(REGISTRY._collector_to_names):
        names = getattr(collector, "_labelnames", None)
        if names is None or not collector._name.startswith("tierline_"):
            continue
        end = "_total" if collector._type == "counter" else ""
        yield Exposed(
            name=collector._name + end,
            kind=collector._type,
            labels=tuple(names),
            words=collector._documentation.rstrip("."),
            module=_module_of(collector),
            bounds=tuple(getattr(collector, "_kwargs", {}).get("buckets", ())),
        )


def _module_of(collector: object) -> str:
    """Where it is made: of the modules that name it, the one that is no import of another."""
    naming = [
        name
        for name, module in sorted(sys.modules.items())
        if name.partition(".")[0] in {"tierline", *SERVICES}
        and any(value is collector for value in vars(module).values())
    ]
    own = [name for name in naming if name in SHARED or name.endswith((".metrics", ".sse"))]
    return (own or naming)[0]


def page() -> str:
    """The text of the page."""
    lines = [HEADER]
    for service in sorted({whose(one) for one in exposed()}):
        lines += [f"\n## {service[0].upper()}{service[1:]}\n", "| metric | kind | labels | what |"]
        lines += ["|---|---|---|---|"]
        lines += [_row(one) for one in exposed() if whose(one) == service]
    return "\n".join(lines) + "\n" + NOTE


def _row(metric: Exposed) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    return f"| `{metric.name}` | {metric.kind} | {labels} | {metric.words} |"


if __name__ == "__main__":
    sys.stdout.write(page())
