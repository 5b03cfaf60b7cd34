"""Shapes of mappings with known keys: plain fields, and values by priority."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tierline.domain.terms import Priority
from tierline.policy.errors import Problems, Where, did_you_mean
from tierline.policy.shapes import BAD, JsonSchema, Shape, kind_of

PRIORITIES = tuple(str(priority) for priority in Priority)
ELSE = "else"


@dataclass(frozen=True, slots=True)
class Field:
    """One known key: the shape of its value, and what it is for (shown by editors)."""

    shape: Shape
    about: str
    required: bool = False


def plain_key(key: str) -> str:
    """`by hand` and `by_hand` are one key."""
    return key.replace(" ", "_")


@dataclass(frozen=True, slots=True)
class Fields:
    """A mapping with known keys. `what` is how errors call it.

    `instead`: keys that somebody may look for here, and where it is said.
    """

    what: str
    fields: Mapping[str, Field]
    instead: Mapping[str, str] = field(default_factory=dict)

    def check(self, value: Any, at: Where, problems: Problems) -> Any:
        """Accept known keys with fitting values, and none of the required ones missing."""
        if not isinstance(value, dict):
            remedy = f"write its keys: {', '.join(self.fields)}"
            problems.error(at, f"{self.what} must be a mapping, not {kind_of(value)}", remedy)
            return BAD
        found: dict[str, Any] = {}
        fine = True
        for key, item in value.items():
            known = self.fields.get(plain_key(key))
            if known is None or plain_key(key) in found:
                self._refuse(key, (*at, key), problems)
                fine = False
                continue
            if plain_key(key) != key:
                problems.moved[(*at, plain_key(key))] = (*at, key)
            found[plain_key(key)] = known.shape.check(item, (*at, key), problems)
        fine = self._complete(value, at, problems) and fine
        return found if fine and not any(item is BAD for item in found.values()) else BAD

    def _refuse(self, key: str, here: Where, problems: Problems) -> None:
        if plain_key(key) in self.fields:
            problems.error(here, f"`{key}` is written twice", "keep one of the two", at_key=True)
        else:
            spaced = " " in key
            known = (name.replace("_", " ") if spaced else name for name in self.fields)
            remedy = self.instead.get(plain_key(key)) or did_you_mean(key, known)
            problems.error(here, f"{self.what} has no key `{key}`", remedy, at_key=True)

    def _complete(self, value: Mapping[str, Any], at: Where, problems: Problems) -> bool:
        written = {plain_key(key) for key in value}
        missing = [key for key, it in self.fields.items() if it.required and key not in written]
        for key in missing:
            about = self.fields[key].about
            problems.error(at, f"{self.what} lacks `{key}`", f"add it: {about}", at_key=True)
        return not missing

    def schema(self) -> JsonSchema:
        """An object that allows nothing else."""
        properties: dict[str, JsonSchema] = {}
        for key, it in self.fields.items():
            properties[key] = {**it.shape.schema(), "description": it.about}
            if "_" in key:
                properties[key.replace("_", " ")] = properties[key]
        plain: JsonSchema = {
            "type": "object",
            "properties": properties,
            "additionalProperties": False,
        }
        required = [key for key, it in self.fields.items() if it.required and "_" not in key]
        return {**plain, "required": required} if required else plain


@dataclass(frozen=True, slots=True)
class ByPriority:
    """A value for each priority: `P1`, `P3-P4`, `else`. Normalised to all four."""

    value: Shape

    def check(self, value: Any, at: Where, problems: Problems) -> Any:
        """Accept it when every priority gets exactly one value."""
        if not isinstance(value, dict):
            remedy = "write it like {P1: ..., P2-P3: ..., else: ...}"
            problems.error(at, f"must be a mapping by priority, not {kind_of(value)}", remedy)
            return BAD
        found: dict[str, Any] = {}
        for key, item in sorted(value.items(), key=lambda pair: pair[0] == ELSE):
            here = (*at, key)
            covered = PRIORITIES if key == ELSE else priority_range(key)
            checked = self.value.check(item, here, problems)
            if covered is None:
                remedy = did_you_mean(key, (*PRIORITIES, ELSE, "P1-P2", "P3-P4"))
                problems.error(here, f"`{key}` is no priority", remedy, at_key=True)
                return BAD
            fresh = [name for name in covered if name not in found]
            if key != ELSE and len(fresh) < len(covered):
                problems.error(here, f"`{key}` is covered twice", "keep one", at_key=True)
                return BAD
            for name in fresh:
                found[name] = checked
                problems.moved[(*at, name)] = here
        return self._complete(found, at, problems)

    @staticmethod
    def _complete(found: dict[str, Any], at: Where, problems: Problems) -> Any:
        missing = [name for name in PRIORITIES if name not in found]
        if missing:
            remedy = f"add {missing[0]}, or `else` for all the rest"
            problems.error(at, f"lacks {', '.join(missing)}", remedy, at_key=True)
        if missing or any(item is BAD for item in found.values()):
            return BAD
        return {name: found[name] for name in PRIORITIES}

    def schema(self) -> JsonSchema:
        """An object with priorities as keys."""
        names = "^(P[1-4](-P[1-4])?|else)$"
        return {
            "type": "object",
            "patternProperties": {names: self.value.schema()},
            "additionalProperties": False,
        }


def priority_range(text: str) -> tuple[str, ...] | None:
    """`P2` or `P2-P4` as the priorities it covers; None when it is neither."""
    first, dash, last = text.partition("-")
    if first not in PRIORITIES or (dash and last not in PRIORITIES):
        return None
    span = range(PRIORITIES.index(first), PRIORITIES.index(last or first) + 1)
    return tuple(PRIORITIES[i] for i in span) or None
