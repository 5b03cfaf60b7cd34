"""How large a schedule, and a question about one, may be."""

from datetime import timedelta
from typing import Final

MAX_EVERY: Final = 520
"""The longest turn, in its own unit; 520 weeks are ten years."""

MAX_PEOPLE: Final = 200
"""Places in one rotation."""

MAX_LAYERS: Final = 20
MAX_FIXED_SHIFTS: Final = 5_000
"""Shifts of one layer that lists them one by one."""

MAX_OVERRIDES: Final = 2_000
"""Overrides one answer may have to look at."""

MAX_WINDOW: Final = timedelta(days=400)
"""The longest stretch for which shifts and gaps are listed."""

HANDOVER_HORIZON: Final = timedelta(days=400)
"""How far ahead the next hand-over is looked for."""
