"""What a client is offered that the agreement does not hold: `offer 180/h`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tierline.policy.errors import Problems, Where
from tierline.policy.fields import PRIORITIES, priority_range
from tierline.policy.group_figures import COST, read_cost
from tierline.policy.shapes import BAD, JsonSchema, Text, kind_of

CLIENTS_APPROVER: Final = "{client.approver}"
APPROVER: Final = "approver"
_OFFER: Final = f"offer {COST}"
_EXAMPLE: Final = 'write it like {P3-P4: offer 180/h, approver: "{client.approver}"}'


@dataclass(frozen=True, slots=True)
class Offer:
    """`offer 180/h`: work for that much an hour, if the client's approver agrees."""

    def check(self, value: Any, at: Where, problems: Problems) -> Any:
        """Accept an hourly rate, as written."""
        shape = Text("an offer", example="offer 180/h", pattern=_OFFER)
        plain = " ".join(value.split()) if isinstance(value, str) else value
        return shape.check(plain, at, problems)

    def schema(self) -> JsonSchema:
        """A string with a pattern."""
        return {"type": "string", "pattern": f"^{_OFFER}$"}


def rate_of(written: str) -> int:
    """Minor units an hour of an accepted offer."""
    return read_cost(written.removeprefix("offer ")) or 0


@dataclass(frozen=True, slots=True)
class AfterHours:
    """What happens outside the cover: for some priorities an offer, and who approves it.

    Normalised to one entry a priority; priorities that are left out wait for opening.
    """

    def check(self, value: Any, at: Where, problems: Problems) -> Any:
        """Accept offers by priority, each priority once, and the one approver there is."""
        if not isinstance(value, dict):
            problems.error(at, f"must be a mapping by priority, not {kind_of(value)}", _EXAMPLE)
            return BAD
        found: dict[str, Any] = {}
        fine = True
        for key, item in value.items():
            here = (*at, key)
            if key == APPROVER:
                fine = self._approver(item, here, problems) and fine
                continue
            offer = Offer().check(item, here, problems)
            covered = (priority_range(key) if isinstance(key, str) else None) or ()
            fine = self._once(covered, found, here, problems) and fine and offer is not BAD
            found.update(dict.fromkeys(covered, offer))
        if fine and not found:
            problems.error(at, "offers nothing", _EXAMPLE)
            return BAD
        ordered = {name: found[name] for name in PRIORITIES if name in found}
        return {**ordered, APPROVER: CLIENTS_APPROVER} if fine else BAD

    @staticmethod
    def _approver(item: Any, here: Where, problems: Problems) -> bool:
        if item == CLIENTS_APPROVER:
            return True
        problems.error(here, f"{kind_of(item)} approves nothing", f'write "{CLIENTS_APPROVER}"')
        return False

    @staticmethod
    def _once(
        covered: tuple[str, ...], found: Mapping[str, Any], here: Where, problems: Problems
    ) -> bool:
        if not covered:
            problems.error(here, "is no priority", _EXAMPLE, at_key=True)
            return False
        twice = next((name for name in covered if name in found), None)
        if twice is not None:
            problems.error(here, f"{twice} is offered twice", "keep one of the two", at_key=True)
        return twice is None

    def schema(self) -> JsonSchema:
        """An object by priority or range of priorities, and the approver."""
        return {
            "type": "object",
            "properties": {APPROVER: {"const": CLIENTS_APPROVER}},
            "additionalProperties": Offer().schema(),
        }


def rates_of(written: Mapping[str, str]) -> dict[str, int]:
    """Minor units an hour by priority, of an accepted mapping."""
    return {name: rate_of(text) for name, text in written.items() if name != APPROVER}
