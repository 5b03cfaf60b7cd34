"""A client's own rules, made into agreements, SLAs and paths of its own.

What is not said stays as everybody has it. The names of what is made say whose it is; they stand in
no document.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from tierline.domain.terms import Priority
from tierline.policy.errors import Problems, Where, did_you_mean

Document = dict[str, Any]

_TABLES = (*(str(priority) for priority in Priority), "requests", "on_hold")
"""Parts of an SLA of which a client's rules may change single lines."""


def own_name(name: str, client: str) -> str:
    """How a client's own version of an agreement, an SLA or a path is called."""
    return f"{name} for {client}"


def expanded(document: Mapping[str, Any]) -> Document:
    """A document with what its clients have of their own among the agreements, SLAs and paths.

    Args:
        document: checked, its names leading somewhere.
    """
    found: Document = dict(document)
    for section in ("agreements", "slas", "paths", "mode"):
        found[section] = dict(document.get(section, {}))
    for client, rules in document.get("clients", {}).items():
        for agreement in changed_by(document, rules):
            _make(found, client, agreement, rules)
    return found


def changed_by(document: Mapping[str, Any], rules: Mapping[str, Any]) -> list[str]:
    """The agreements that a client's rules change: the one they name, else all."""
    if not {"sla", "path"} & set(rules):
        return []
    return [rules["agreement"]] if "agreement" in rules else list(document["agreements"])


def _make(found: Document, client: str, agreement: str, rules: Mapping[str, Any]) -> None:
    bought = dict(found["agreements"][agreement])
    if "sla" in rules:
        bought["sla"] = _sla(found, client, bought["sla"], rules["sla"])
    if "path" in rules:
        bought["path"] = _path(found, client, bought["path"], rules["path"])
    own = own_name(agreement, client)
    found["agreements"][own] = bought
    modes = found["mode"]
    if (mode := modes.get(f"agreement {agreement}")) is not None:
        modes[f"agreement {own}"] = mode


def _sla(found: Document, client: str, base: str, written: str | Mapping[str, Any]) -> str:
    if isinstance(written, str):
        return written
    changed = dict(found["slas"][base])
    for key, value in written.items():
        changed[key] = {**changed.get(key, {}), **value} if key in _TABLES else value
    own = own_name(base, client)
    found["slas"][own] = changed
    return own


def _path(found: Document, client: str, base: str, written: str | list[Any]) -> str:
    if isinstance(written, str):
        return written
    own = own_name(base, client)
    found["paths"][own] = written
    modes = found["mode"]
    if (mode := modes.get(f"path {base}")) is not None:
        modes[f"path {own}"] = mode
    return own


def own_paths(document: Mapping[str, Any]) -> Iterator[tuple[Where, list[Mapping[str, Any]]]]:
    """The steps that clients have of their own, and where they stand."""
    for client, rules in document.get("clients", {}).items():
        if isinstance(steps := rules.get("path"), list):
            yield ("clients", client, "path"), steps


def check_client_links(document: Mapping[str, Any], problems: Problems) -> None:
    """Note names in clients' own rules that lead nowhere, and rules that change nothing.

    Args:
        document: what the grammar accepted.
        problems: where findings are collected.
    """
    for client, rules in document.get("clients", {}).items():
        at: Where = ("clients", client)
        if not set(rules) - {"agreement"}:
            problems.error(at, "changes nothing", "set sla, path or tell", at_key=True)
        for key, section in (("agreement", "agreements"), ("sla", "slas"), ("path", "paths")):
            name = rules.get(key)
            if isinstance(name, str) and name not in document[section]:
                what = {"sla": "SLA"}.get(key, key)
                remedy = did_you_mean(name, document[section])
                problems.error((*at, key), f"no {what} is called `{name}`", remedy)
