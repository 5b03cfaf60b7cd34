"""Records for people: a list, one, what an import does, a change."""

from collections.abc import Iterator, Mapping
from typing import Any

from tierline.cli.call import Screen
from tierline.web.record_fields import write_value

SHOWN_ROWS = 50


def show_list(screen: Screen, document: Mapping[str, Any]) -> None:
    """A line a record: whose it is, its name, what else is known."""
    rows = [[it["client"], it["name"], _rest(it)] for it in document["items"]]
    if rows:
        screen.table(("client", "name", "fields"), rows)
    else:
        screen.line("no records")
    if document.get("next_cursor"):
        screen.line(f"the first {len(rows)}; there are more", style="dim")


def _rest(record: Mapping[str, Any]) -> str:
    known = [record["client"], record["name"]]
    fields = record["fields"].items()
    return ", ".join(f"{name} {value_words(it)}" for name, it in fields if it not in known)


def value_words(value: Any) -> str:
    """A field's value as it would be typed."""
    return "nothing" if value is None else write_value(value)


def show_record(screen: Screen, record: Mapping[str, Any]) -> None:
    """Every field of a record, and its version."""
    fields = record["fields"].items()
    screen.pairs((name.replace("_", " "), value_words(value)) for name, value in fields)
    screen.line(f"version {record['version']}", style="dim")


def show_import(screen: Screen, found: Mapping[str, Any]) -> None:
    """What a file made or changed, or would, and every refused line with its remedy."""
    tense = "would be " if found["preview"] else ""
    for what in ("made", "changed"):
        for row in found[what][:SHOWN_ROWS]:
            named = " ".join(part for part in (row["client"], row["name"]) if part)
            fields = f": {field_words(row['fields'])}" if what == "changed" else ""
            screen.line(f"line {row['line']}: {tense}{what} {named}{fields}")
        if len(found[what]) > SHOWN_ROWS:
            screen.line(f"and {len(found[what]) - SHOWN_ROWS} more", style="dim")
    for row in found["refused"]:
        field = f"{row['field']}: " if row["field"] else ""
        screen.line(f"line {row['line']}: refused: {field}{row['problem']}")
    counts = (f"{len(found[what])} {what}" for what in ("made", "changed"))
    screen.line(f"{', '.join(counts)}, {found['left']} left as they are")
    if found["batch"]:
        screen.line(f"import {found['batch']}", style="dim")


def field_words(fields: Mapping[str, Any]) -> str:
    """Each field with what it was and what it is."""
    return ", ".join(_field_words(fields))


def _field_words(fields: Mapping[str, Any]) -> Iterator[str]:
    for name, it in fields.items():
        yield f"{name} {value_words(it['before'])} -> {value_words(it['after'])}"


def show_change(it: Mapping[str, Any]) -> str:
    """One change as a sentence."""
    named = " ".join(part for part in (it["kind"], it["client"], it["name"]) if part)
    by = it["by"] or "the folder"
    if it["before"] is None:
        return f"{by} made {named} ({it['how']})"
    if it["after"] is None:
        return f"{by} removed {named} ({it['how']})"
    return f"{by} changed {named} ({it['how']}): {field_words(it['fields'])}"
