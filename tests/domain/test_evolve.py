"""Every type of event is folded."""

from typing import get_args

from tierline.domain import evolve
from tierline.domain.events import What


def test_each_type_of_event_has_its_part_in_the_fold():
    assert set(evolve._FOLD) == set(get_args(What))
