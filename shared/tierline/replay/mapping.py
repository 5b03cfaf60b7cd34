"""A mapping file: read, checked with file, line and remedy, and ready to read a log by."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tierline.domain.terms import HoldReason, Priority
from tierline.policy.errors import Positions, Problems, Where, did_you_mean, field_name
from tierline.policy.hours import ALWAYS
from tierline.policy.yaml import Tree, parse_yaml, read_yaml
from tierline.replay.grammar import ELSE, ISO, MAPPING, SEPARATORS
from tierline.replay.meaning import Kind, Lookup, Meaning, Order

JOINT = " / "
"""Between the parts of a value that stands in several columns."""

UNASSIGNED = "Unassigned"


@dataclass(frozen=True, slots=True)
class LogFile:
    """How the file is written. `missing`: values that mean there is none, in small letters."""

    separator: str = ","
    encoding: str = "utf-8-sig"
    order: Order = Order.OLDEST_FIRST
    missing: frozenset[str] = frozenset({""})


@dataclass(frozen=True, slots=True)
class Columns:
    """The names of the columns; empty where the log has none."""

    case: str
    at: str
    status: tuple[str, ...]
    team: str
    tier: str = ""
    owner: str = ""
    priority: str = ""
    client: str = ""
    title: tuple[str, ...] = ()
    service: str = ""

    def named(self) -> tuple[str, ...]:
        """Every column it names."""
        single = (self.case, self.at, self.team, self.tier, self.owner, self.priority)
        several = (*self.status, *self.title)
        return tuple(name for name in (*single, self.client, self.service, *several) if name)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A column that a log must have: the mapping's field that names it, and where that stands."""

    column: str
    field: str
    place: str


@dataclass(frozen=True, slots=True)
class Rules:
    """What the generated policy says: documents in the policy's own language."""

    hours: Mapping[str, Any] = field(default_factory=dict)
    staffed: Mapping[str, Any] = field(default_factory=dict)
    limits: Mapping[str, str] = field(default_factory=dict)
    unclaimed: str = ""
    silent: str = ""
    promises: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    cover: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LogMapping:
    """How one help desk's export is read. `tiers`: the lines of support, the first one first.

    `wanted`: the columns a log must have, those of `only` and `skip` included.
    """

    name: str
    file: LogFile
    columns: Columns
    formats: tuple[str, ...]
    zone: ZoneInfo
    statuses: Lookup[Meaning]
    tiers: tuple[str, ...]
    tier_values: Lookup[str]
    teams: Lookup[str]
    unassigned: str
    priorities: Lookup[Priority]
    client: str
    clients: Lookup[str]
    type: str
    only: Mapping[str, Lookup[bool]]
    skip: Mapping[str, Lookup[bool]]
    rules: Rules
    wanted: tuple[Wanted, ...]


def load_mapping(path: str | Path) -> LogMapping:
    """Read and check a mapping file.

    Args:
        path: a YAML 1.2 file, by the grammar in `tierline.replay.grammar`.

    Returns:
        The mapping, ready to read a log by.

    Raises:
        PolicyError: everything that is wrong, each with file, line, column and the fix.
    """
    return _checked(read_yaml(Path(path)), Path(path).stem)


def parse_mapping(text: str, name: str = "mapping") -> LogMapping:
    """Like `load_mapping`, of a text; `name` is how findings call it."""
    return _checked(parse_yaml(text, name), name)


def _checked(tree: Tree, name: str) -> LogMapping:
    problems = Problems(tree.positions)
    found = MAPPING.check(tree.root, (), problems)
    problems.raise_if_any()
    _check_links(found, problems)
    problems.raise_if_any()
    zone = _zone(found, problems)
    problems.raise_if_any()
    return _built(name, found, zone, tuple(_wanted(found, tree.positions)))


def _wanted(it: Mapping[str, Any], positions: Positions) -> Iterator[Wanted]:
    fields: list[tuple[Where, str]] = []
    for name, columns in it["columns"].items():
        listed = [columns] if isinstance(columns, str) else columns
        fields += [(("columns", name), column) for column in listed]
    fields += [((section, c), c) for section in ("only", "skip") for c in it.get(section, {})]
    for where, column in fields:
        mark = positions.of(where, at_key=where[0] != "columns")
        yield Wanted(column, field_name(where), f"{mark.file}:{mark.line}:{mark.column}")


def _built(
    name: str, it: Mapping[str, Any], zone: ZoneInfo, wanted: tuple[Wanted, ...]
) -> LogMapping:
    tiers = it["tiers"]
    values = [(value, tier) for tier, listed in tiers.items() for value in listed]
    return LogMapping(
        name=name,
        file=_file(it.get("file", {})),
        columns=_columns(it["columns"]),
        formats=tuple(it.get("instants", {}).get("formats", (ISO,))),
        zone=zone,
        statuses=Lookup((value, _meaning(meant)) for value, meant in it["statuses"].items()),
        tiers=tuple(tiers),
        tier_values=Lookup([*values, *((tier, tier) for tier in tiers)]),
        teams=Lookup(it.get("teams", {}).items()),
        unassigned=it.get("unassigned", UNASSIGNED),
        priorities=Lookup((v, Priority(p)) for v, p in it.get("priorities", {}).items()),
        client=it.get("client", ""),
        clients=Lookup(it.get("clients", {}).items()),
        type=it.get("type", "incident"),
        only={column: _values(listed) for column, listed in it.get("only", {}).items()},
        skip={column: _values(listed) for column, listed in it.get("skip", {}).items()},
        rules=Rules(
            hours=it.get("hours", {}),
            staffed=it.get("staffed", {}),
            limits=it.get("limits", {}),
            unclaimed=it.get("unclaimed", ""),
            silent=it.get("silent", ""),
            promises=it.get("promises", {}),
            cover=it.get("cover", {}),
        ),
        wanted=wanted,
    )


def _file(it: Mapping[str, Any]) -> LogFile:
    encoding = it.get("encoding", "utf-8")
    return LogFile(
        separator=SEPARATORS[it.get("separator", ",")],
        encoding="utf-8-sig" if encoding == "utf-8" else encoding,
        order=Order(it.get("order", Order.OLDEST_FIRST)),
        missing=frozenset({"", *(value.casefold() for value in it.get("missing", ()))}),
    )


def _columns(it: Mapping[str, Any]) -> Columns:
    several = {"status": tuple(it["status"]), "title": tuple(it.get("title", ()))}
    return Columns(**{**it, **several})


def _meaning(written: str | Mapping[str, str]) -> Meaning:
    if isinstance(written, str):
        return Meaning(Kind(written))
    return Meaning(Kind.HOLD, HoldReason(written["hold"]), written.get("of", ""))


def _values(listed: Iterable[str]) -> Lookup[bool]:
    return Lookup((value, True) for value in listed)


def _zone(it: Mapping[str, Any], problems: Problems) -> ZoneInfo:
    name = it.get("instants", {}).get("zone", "UTC")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        remedy = "write an IANA name, like Europe/Brussels"
        problems.error(("instants", "zone"), f"no time zone is called `{name}`", remedy)
        return ZoneInfo("UTC")


def _check_links(it: Mapping[str, Any], problems: Problems) -> None:
    """Do the names lead to tiers and hours, and does something say tier and client of a row?"""
    tiers, columns = tuple(it["tiers"]), it["columns"]
    for team, tier in it.get("teams", {}).items():
        _known(tier, tiers, ("teams", team), "tier", problems)
    for tier in it.get("limits", {}):
        _known(tier, tiers, ("limits", tier), "tier", problems, at_key=True)
    for section in ("staffed", "cover"):
        for who, hours in it.get(section, {}).items():
            if isinstance(hours, str):
                known = (*it.get("hours", {}), ALWAYS)
                _known(hours, known, (section, who), "hours", problems)
    if "tier" not in columns and ELSE not in it.get("teams", {}):
        problems.error(("teams",), "does not say the tier of every team", _TIER_FIX, at_key=True)
    if ("client" in columns) == ("client" in it):
        said = "both `client` and `columns.client` say" if "client" in it else "nothing says"
        problems.error(("client",), f"{said} whose incidents they are", "write one", at_key=True)
    if "clients" in it and "client" not in columns:
        problems.error(("clients",), "renames what no column says", "name `columns.client`")
    _check_tiers(it["tiers"], problems)


_TIER_FIX = "name `columns.tier`, or end `teams` with `else: TIER`"


def _check_tiers(tiers: Mapping[str, list[str]], problems: Problems) -> None:
    taken: dict[str, str] = {}
    for tier, values in tiers.items():
        for i, value in enumerate(values):
            first = taken.setdefault(value.casefold(), tier)
            if first != tier:
                twice = f"`{value}` is already a value of {first}"
                problems.error(("tiers", tier, i), twice, "keep one of the two")


def _known(
    name: str,
    known: Iterable[str],
    at: tuple[str | int, ...],
    what: str,
    problems: Problems,
    *,
    at_key: bool = False,
) -> None:
    listed = tuple(known)
    if name not in listed:
        remedy = did_you_mean(name, listed)
        problems.error(at, f"no {what} is called `{name}`", remedy, at_key=at_key)
