"""The whole stack in real browsers: two watch the board, an alert comes, both press claim."""

import threading

import pytest

from tests.browser.stack import whole_stack

pytestmark = [pytest.mark.browser, pytest.mark.stack, pytest.mark.timeout(400)]

TITLE = "Disk almost full on hd-ws-07"


@pytest.fixture(scope="module")
def stack():
    with whole_stack() as hands:
        yield hands


@pytest.fixture
def sam_and_leila(stack, open_browser):
    people = {}
    for login in ("sam", "leila"):
        people[login] = open_browser(stack.console)
        people[login].log_in(login, stack.password(login))
        people[login].live()
        people[login].driver.execute_script("window.mark = 'not reloaded'")
    return people


def press_together(browsers):
    """Press every browser's claim button, as nearly at once as one machine can."""
    start = threading.Barrier(len(browsers))
    buttons = [browser.one(".card button") for browser in browsers]

    def press(button):
        start.wait(10)
        button.click()

    threads = [threading.Thread(target=press, args=(button,)) for button in buttons]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)


def owner_of_the_only_ticket(stack):
    """Who has it; empty while no claim is committed: a click ends before its answer is there."""
    tickets = stack.get("/v1/tickets")["items"]
    assert [ticket["title"] for ticket in tickets] == [TITLE]
    return tickets[0]["owner"]


def test_of_two_people_who_claim_one_wins_and_the_other_is_told(stack, sam_and_leila):
    browsers = list(sam_and_leila.values())
    stack.alert(
        dedup_key="disk-hd-ws-07", title=TITLE, severity="error",
        client="Harbour Dental", host="hd-ws-07",
    )  # fmt: skip
    for browser in browsers:
        browser.until(lambda browser=browser: TITLE in browser.text(".card"), 30)
    press_together(browsers)

    winner = browsers[0].until(lambda: owner_of_the_only_ticket(stack))
    assert winner in sam_and_leila
    loser = next(login for login in sam_and_leila if login != winner)
    name = winner.capitalize()

    won, lost = sam_and_leila[winner], sam_and_leila[loser]
    won.until(lambda: "yours" in won.text(".card .owner"))
    lost.until(lambda: f"{name} has it" in lost.text("#toasts .bad"))
    lost.until(lambda: lost.text(".card .owner") == name)
    for browser in browsers:
        assert browser.driver.execute_script("return window.mark") == "not reloaded"

    number = stack.get("/v1/tickets")["items"][0]["number"]
    events = stack.get(f"/v1/tickets/{number}/events")["items"]
    assert [event["type"] for event in events].count("claimed") == 1


def test_what_one_writes_the_other_reads_on_the_open_ticket(stack, sam_and_leila):
    sam, leila = sam_and_leila["sam"], sam_and_leila["leila"]
    session = stack.session("sam")
    opened = stack.post(
        session,
        "/v1/tickets",
        {"type": "incident", "title": "No phones", "client": "Oakfield Schools"},
    )
    path = f"/tickets/{opened['number']}"
    for browser in (sam, leila):
        browser.go(path)
        browser.live()
    sam.one("#act-notes summary").click()
    sam.one("#act-notes textarea").send_keys("The exchange has no power.")
    sam.one("#act-notes button").click()
    leila.until(lambda: "The exchange has no power." in leila.text("#timeline"))
    assert "The note is on the timeline." in sam.text(".banner.good")
    assert leila.complaints() == []


def test_the_pages_show_what_the_real_router_says(stack, sam_and_leila):
    sam = sam_and_leila["sam"]
    for path, words in [
        ("/new", "New ticket"), ("/notices", "Notices"), ("/clock", "Policy time"),
    ]:  # fmt: skip
        sam.go(path)
        sam.live()
        assert words in sam.text("h1")
        assert sam.complaints() == []
