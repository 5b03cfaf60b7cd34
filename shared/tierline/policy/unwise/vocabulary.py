"""Which values a fact can have at all, as far as the folder says so."""

from collections.abc import Mapping
from typing import Any

from tierline.domain.terms import Priority, Severity, TicketType
from tierline.policy.folder import LoadedPolicy
from tierline.policy.kinds.client import UNSORTED

_ALWAYS: Mapping[str, frozenset[str]] = {
    "severity": frozenset(Severity),
    "type": frozenset(TicketType),
    "priority": frozenset(Priority),
    "vip": frozenset({"true", "false"}),
    "device.criticality": frozenset({"1", "2", "3"}),
}

_DEVICE_TYPE = "{device.type}"


def vocabulary(loaded: LoadedPolicy) -> Mapping[str, frozenset[str]]:
    """The values of each fact of which all are known; of a fact that is not in it, any may come.

    Clients, sites, devices and integrations are known where the folder holds records.
    """
    known = dict(_ALWAYS)
    if not loaded.recorded:
        return known
    records, documents = loaded.records, loaded.records.documents
    known["client"] = frozenset({UNSORTED, *(client.name for client in records.clients)})
    known["integration"] = frozenset(it.name for it in records.integrations)
    known["device.type"] = frozenset(device.type for device in records.devices)
    sites = {str(it["name"]) for it in documents.get("sites", ())}
    if sites:
        known["site"] = frozenset(sites | {device.site for device in records.devices})
    categories = _categories(loaded)
    if categories is not None:
        known["category"] = categories | known["device.type"]
    return known


def _categories(loaded: LoadedPolicy) -> frozenset[str] | None:
    """What rules, groups, people and agreements call categories; None where a rule may make any."""
    found: set[str] = set()
    for rule in loaded.policy.triage:
        written = rule.do.category
        if written and "{" in written and written != _DEVICE_TYPE:
            return None
        found.update({written} if written else ())
    for group in loaded.policy.groups.values():
        found.update(group.skills)
    documents = loaded.records.documents
    for person in documents.get("people", ()):
        found.update(person.get("skills", ()))
    for client in documents.get("clients", ()):
        for bought in client.get("agreements", ()):
            found.update(_listed(bought, "categories"))
    return frozenset(found)


def _listed(document: Mapping[str, Any], field: str) -> list[str]:
    return [str(name) for name in document.get(field, ())]
