"""What there is to teach, and when: sessions by the calendar, items by answer and by recurrence."""

from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.test_policy_errors import GOOD
from tests.domain.worlds import at
from tierline.domain.training.items import Case, alike, items_of, words_of
from tierline.domain.training.sessions import LAST, Sessions, next_session
from tierline.policy.document import compile_document
from tierline.policy.errors import PolicyError
from tierline.policy.folder import load_folder, to_document

LONDON = ZoneInfo("Europe/London")
NINE = time(9)


@pytest.mark.parametrize(
    ("sessions", "after", "expected"),
    [
        (Sessions(1, 1, NINE), "2026-11-23 09:00", "Tue 2026-12-01 09:00"),
        (Sessions(1, 1, NINE), "2026-12-01 09:00", "Tue 2027-01-05 09:00"),
        (Sessions(1, 1, NINE), "2026-12-01 08:59", "Tue 2026-12-01 09:00"),
        (Sessions(LAST, 4, NINE), "2026-11-23 09:00", "Fri 2026-11-27 09:00"),
        (Sessions(LAST, 0, NINE), "2026-11-23 09:00", "Mon 2026-11-30 09:00"),
        (Sessions(4, 3, NINE), "2026-02-01 00:00", "Thu 2026-02-26 09:00"),
        (Sessions(2, 2, NINE, quarterly=True), "2026-11-23 09:00", "Wed 2027-01-13 09:00"),
        (Sessions(2, 2, NINE, quarterly=True), "2026-01-14 09:00", "Wed 2026-04-08 08:00"),
        (Sessions(LAST, 4, NINE, quarterly=True), "2026-11-23 09:00", "Fri 2026-12-25 09:00"),
        (Sessions(LAST, 4, NINE, quarterly=True), "2026-12-25 09:00", "Fri 2027-03-26 09:00"),
    ],
)
def test_a_session_is_a_day_of_the_month_by_the_wall(sessions, after, expected):
    assert f"{next_session(sessions, LONDON, at(after)):%a %Y-%m-%d %H:%M}" == expected


@given(
    st.builds(
        Sessions,
        st.sampled_from((1, 2, 3, 4, LAST)),
        st.integers(0, 6),
        st.times().map(lambda t: t.replace(second=0, microsecond=0)),
        st.booleans(),
    ),
    st.integers(0, 70 * 366).map(lambda n: at("2020-01-01") + timedelta(days=n, minutes=7 * n)),
)
def test_the_next_session_is_ahead_on_its_weekday_and_none_lies_before_it(sessions, after):
    found = next_session(sessions, LONDON, after)
    local = found.astimezone(LONDON)
    assert found > after
    assert local.weekday() == sessions.weekday
    of_quarter = 0 if sessions.nth == LAST else 1
    assert local.month % 3 == of_quarter or not sessions.quarterly
    ahead = timedelta(days=130 if sessions.quarterly else 40)
    assert found - after < ahead
    if found - timedelta(minutes=1) > after:
        assert next_session(sessions, LONDON, found - timedelta(minutes=1)) == found


def case(number, title="VPN token of Jo is lost", *, day=1, **stated):
    plain = {"client": "Contoso", "category": "vpn", "host": "", "came_from": "T1", "answer": "no"}
    when = at("2026-11-01 09:00") + timedelta(days=day)
    return Case(number, 9, when, title=title, text="", **{**plain, **stated})


def found(*cases, judged_max=100):
    return [
        (it.case.ticket, it.kind, it.by_recurrence, it.like) for it in items_of(cases, judged_max)
    ]


def test_each_yes_is_an_item_of_its_kind_and_a_no_is_none():
    said = {"Mailbox": "access", "Printer": "guide", "Phone": "training", "Disk": "no", "Fan": ""}
    cases = [case(n, word, day=n, answer=said[word]) for n, word in enumerate(said)]
    assert found(*cases) == [
        (2, "training", False, ()),
        (1, "guide", False, ()),
        (0, "access", False, ()),
    ]


def test_what_was_never_handed_up_has_nothing_to_teach():
    assert found(*(case(n, came_from="") for n in range(5))) == []


def test_what_comes_up_three_times_wants_a_guide_though_nobody_said_so():
    assert found(case(1), case(2, day=2)) == []
    assert found(case(1), case(2, day=2), case(3, day=3)) == [(3, "guide", True, (2, 1))]


def test_one_item_stands_for_all_that_are_alike_and_a_yes_among_them_is_enough():
    assert found(*(case(n, day=n) for n in range(6))) == [(5, "guide", True, (4, 3, 2, 1, 0))]
    cases = [case(1), case(2, day=2, answer="access"), case(3, day=3), case(4, day=4)]
    assert found(*cases) == [(2, "access", False, (4, 3, 1))]


def test_alike_needs_something_in_common_beside_the_words():
    apart = {"client": "Fabrikam", "category": ""}
    assert found(case(1), case(2, day=2), case(3, day=3, **apart)) == []
    same_device = {"client": "Fabrikam", "category": "", "host": "fw-1"}
    middle = found(case(1, host="fw-1"), case(2, day=2), case(3, day=3, **same_device))
    assert middle == [(1, "guide", True, (3, 2))]  # the other two have nothing in common
    assert found(
        case(1, host="fw-1"), case(2, day=2, host="fw-1"), case(3, day=3, **same_device)
    ) == [(3, "guide", True, (2, 1))]


def test_tickets_the_first_tier_resolved_itself_are_named_but_do_not_make_an_item():
    mine = [case(n, came_from="", day=n) for n in (1, 2)]
    assert found(*mine, case(3, day=3)) == []
    assert found(*mine, case(3, day=3, answer="guide")) == [(3, "guide", False, (2, 1))]


def test_only_the_newest_are_judged():
    cases = [case(n, f"word{n}x", day=n, answer="guide") for n in range(5)]
    assert [it[0] for it in found(*cases, judged_max=2)] == [4, 3]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("Disk full on srv-01", "Disk full on srv-02", True),
        ("Disk full on srv-01", "Printer jammed", False),
        ("VPN token 4711", "VPN token 4712", True),
        ("", "", False),
        ("12 34", "12 34", False),
    ],
)
def test_titles_are_alike_by_their_words(one, other, expected):
    assert alike(words_of(one), words_of(other)) is expected
    assert alike(words_of(other), words_of(one)) is expected


def load(tmp_path, text):
    (tmp_path / "rules.yaml").write_text(GOOD + text)
    return load_folder(tmp_path, year=2026).policy


def test_a_policy_says_when_each_tier_trains(tmp_path):
    policy = load(
        tmp_path,
        "training: {T1: first Tuesday 09:00, T2: last friday of the quarter 14:30}\n",
    )
    assert policy.training == {
        "T1": Sessions(1, 1, NINE),
        "T2": Sessions(LAST, 4, time(14, 30), quarterly=True),
    }
    again = compile_document(to_document(tmp_path, year=2026))
    assert (again.training, again.version) == (policy.training, policy.version)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{T1: fifth Tuesday 09:00}", "first Tuesday 09:00"),
        ("{T1: first Tuesday}", "first Tuesday 09:00"),
        ("{T1: first Tuesday of quarter 09:00}", "of the quarter"),
        ("{T9: first Tuesday 09:00}", "no tier is called `T9`"),
    ],
)
def test_what_is_no_session_is_refused_with_how_to_write_one(tmp_path, written, said):
    with pytest.raises(PolicyError) as caught:
        load(tmp_path, f"training: {written}\n")
    assert said in str(caught.value)
