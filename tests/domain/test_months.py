"""Which blocks of numbers are made, which begin, and how far numbers are left out, by hand."""

from datetime import date
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tierline.store.months import AHEAD, Month, Steps, steps

NOV, DEC, JAN = date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1)
FIRST = Month(0, 2001)


def test_a_new_house_names_its_first_month_and_makes_three_ahead() -> None:
    found = steps([FIRST], 1000, date(2026, 11, 23), 1000)
    assert found == Steps(
        begin=(Month(0, 2001, NOV, 1000),),
        make=(Month(2001, 3001), Month(3001, 4001), Month(4001, 5001)),
    )


def test_within_a_month_nothing_is_to_be_done() -> None:
    months = [Month(0, 2001, NOV, 1000), *(Month(n, n + 1000) for n in (2001, 3001, 4001))]
    assert steps(months, 1700, date(2026, 11, 30), 1000) == Steps()


def test_a_month_that_turns_leaves_out_the_rest_of_its_block_and_makes_one_more() -> None:
    months = [Month(0, 2001, NOV, 1000), *(Month(n, n + 1000) for n in (2001, 3001, 4001))]
    found = steps(months, 1700, date(2026, 12, 1), 1000)
    assert found.draw_to == 2000
    assert found.begin == (Month(2001, 3001, DEC, 2000),)
    assert found.make == (Month(5001, 7001),), "twice the 700 of November"


def test_a_month_without_a_number_leaves_none_out() -> None:
    months = [Month(0, 2001, NOV, 1000), *(Month(n, n + 1000) for n in (2001, 3001, 4001))]
    assert steps(months, 1000, date(2027, 1, 4), 1000) == Steps(begin=(Month(0, 2001, JAN, 1000),))


def test_a_month_that_outran_its_block_has_two() -> None:
    months = [Month(0, 2001, NOV, 1000), *(Month(n, n + 1000) for n in (2001, 3001, 4001))]
    found = steps(months, 2300, date(2026, 11, 30), 1000)
    assert found.begin == (Month(2001, 3001, NOV, 2300),)
    assert found.draw_to == 0
    assert [one.first for one in found.make] == [5001]


def test_a_clock_that_was_set_back_begins_nothing() -> None:
    months = [Month(0, 2001, DEC, 1000), *(Month(n, n + 1000) for n in (2001, 3001, 4001))]
    assert steps(months, 1700, date(2026, 11, 5), 1000) == Steps()


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 45)), min_size=1, max_size=24))
def test_however_many_come_in_a_month_blocks_are_without_gap_and_ahead(drawn) -> None:
    months, last, today = [FIRST], 1000, date(2026, 11, 1).toordinal()
    for count, days in drawn:
        today += days
        for _ in range(2):  # housekeeping comes more than once a month
            found = steps(months, last, date.fromordinal(today), 1000)
            months += found.make
            last = max(last, found.draw_to)
            begun = {one.first: one for one in found.begin}
            months = [begun.get(one.first, one) for one in months]
        assert steps(months, last, date.fromordinal(today), 1000) == Steps(), "it is done"
        last += count
        assert all(one.until == two.first for one, two in pairwise(months))
        begun_last = max(n for n, one in enumerate(months) if one.begins)
        assert len(months) - 1 - begun_last >= AHEAD
        begins = [one.begins for one in months if one.begins]
        assert begins == sorted(begins)
