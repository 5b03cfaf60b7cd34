"""Previews as answers."""

from datetime import timedelta
from typing import Any

from router.policies.limits import VALID_S
from tierline.store.policy_previews import Preview

_OF_THE_LIST = ("open", "looked_at", "fates", "next_changed")


def row_view(preview: Preview) -> dict[str, Any]:
    """A preview in a list."""
    return {
        "id": preview.id,
        "version": preview.version,
        "base": preview.base,
        "made_at": preview.made_at,
        "made_by": preview.made_by,
        "valid_until": preview.made_at + timedelta(seconds=VALID_S),
        **{name: preview.answer[name] for name in _OF_THE_LIST},
        "applied_at": preview.applied_at,
        "applied_by": preview.applied_by,
        "reason": preview.reason,
        "move": preview.move,
        "only": list(preview.only),
        "moved": preview.moved,
        "ended_at": preview.ended_at,
    }


def preview_view(preview: Preview) -> dict[str, Any]:
    """A preview with its tickets."""
    return {**preview.answer, **row_view(preview)}
