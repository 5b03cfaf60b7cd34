"""The pages in a real browser: live without a reload, walked by keyboard, whole on a phone."""

import pytest
from selenium.webdriver.common.keys import Keys

from tests.services.console.fake_router import PASSWORD
from tests.services.console.world import make_events, make_ticket

pytestmark = pytest.mark.browser

LONG = "Synchronisation_of_the_appointments_database_with_the_branch_in_the_harbour_has_stopped"

BEHIND = """
const real = window.fetch;
window.fetch = (to, how) => how?.method ? real(to, how) : new Promise(() => {});
"""
"""Makes a page miss every refresh, and still send what its person presses."""


@pytest.fixture
def sam(site, open_browser):
    browser = open_browser(site.url)
    browser.log_in("sam", PASSWORD)
    browser.live()
    return browser


def arrive(world, number, title, **more):
    """A ticket that opens while people look."""
    ticket = world.add(make_ticket(number, title, **more), make_events())
    world.record(ticket, "opened", "sam", f"Opened: {title}.")
    return ticket


def test_a_new_ticket_appears_without_a_reload(site, sam):
    sam.driver.execute_script("window.mark = 1")
    arrive(site.world, 1043, "Backup failed on oak-srv-01")
    sam.until(lambda: "Backup failed on oak-srv-01" in sam.text("#t1043"))
    sam.until(
        lambda: "#1043: Opened" in sam.driver.find_element("id", "say").get_attribute("textContent")
    )
    assert sam.driver.execute_script("return window.mark") == 1
    assert sam.complaints() == []


def test_of_two_who_claim_one_wins_and_the_other_is_told_who(site, sam, open_browser):
    leila = open_browser(site.url)
    leila.log_in("leila", PASSWORD)
    leila.live()
    # As if the news had not reached her yet: what her page shows is older than the claim.
    leila.driver.execute_script(BEHIND)
    sam.one("#t1042 button").click()
    sam.until(lambda: "yours" in sam.text("#t1042"))
    leila.one("#t1042 button").click()
    leila.until(lambda: "Sam has it" in leila.text("#toasts"))
    assert site.world.tickets[1042]["owner"] == "sam"


def test_a_promise_counts_down_and_breaks_by_policy_time(site, sam):
    left = sam.text("#t1042 .due.ours .left")
    sam.until(lambda: sam.text("#t1042 .due.ours .left") != left)
    site.world.clock["speed"] = 600
    site.world.send("clock", {name: site.world.clock[name] for name in ("now", "speed", "held")})
    sam.until(lambda: "lapsed" in sam.text("#t1042 .due.ours"))
    assert "over" in sam.text("#t1042 .due.ours .left")
    assert sam.text("#pace") == "\N{MULTIPLICATION SIGN}600"


def test_the_keyboard_walks_claims_filters_and_explains(site, sam):
    arrive(site.world, 1043, "Backup failed on oak-srv-01")
    sam.until(lambda: sam.text("#t1043"))
    sam.press("j")
    assert "#1042" in sam.text(".card.chosen")
    sam.press("j")
    assert "#1043" in sam.text(".card.chosen")
    sam.press("k")
    sam.press("c")
    sam.until(lambda: "yours" in sam.text("#t1042"))
    sam.press("?")
    sam.until(lambda: "Keyboard" in sam.text("dialog[open]"))
    sam.press(Keys.ESCAPE)
    sam.until(lambda: not sam.text("dialog[open]"))
    sam.press("/")
    sam.press("backup\n")
    sam.until(lambda: "q=backup" in sam.driver.current_url)
    assert sam.text("#t1043")
    assert not sam.text("#t1042")


def test_a_reconnected_board_fetches_what_it_missed(site, sam):
    site.world.add(make_ticket(1044, "Told to nobody"), make_events())
    site.world.send("resync", {})
    sam.until(lambda: "Told to nobody" in sam.text("#t1044"))


def test_a_page_that_is_left_holds_no_stream(site, sam):
    assert len(site.world.subscribers) == 1
    sam.driver.get("about:blank")
    sam.until(lambda: site.world.subscribers == [])


def test_a_router_that_comes_back_is_found_without_a_reload(site, sam):
    site.world.away = True
    for loop, queue in list(site.world.subscribers):
        loop.call_soon_threadsafe(queue.put_nowait, None)
    sam.until(lambda: sam.text("#link") == "reconnecting")
    site.world.add(make_ticket(1045, "Opened meanwhile"), make_events())
    site.world.away = False
    sam.until(lambda: sam.text("#link") == "live")
    sam.until(lambda: "Opened meanwhile" in sam.text("#t1045"))


def test_a_ticket_that_changes_while_somebody_writes_keeps_what_they_wrote(site, sam):
    sam.go("/tickets/1042")
    sam.live()
    sam.one("#act-notes summary").click()
    sam.one("#act-notes textarea").send_keys("half a thought")
    site.world.record(site.world.tickets[1042], "noted", "leila", "Leila noted: it beeps.")
    sam.until(lambda: "it beeps" in sam.text("#timeline"))
    sam.until(lambda: "changed while you wrote" in sam.text("#changed"))
    written = sam.one("#act-notes textarea").get_attribute("value")
    assert written == "half a thought"


def test_a_session_that_ends_takes_nobodys_words_away(site, sam):
    sam.go("/tickets/1042")
    sam.live()
    sam.one("#act-notes summary").click()
    sam.one("#act-notes textarea").send_keys("half a thought")
    site.world.sessions.clear()
    site.world.record(site.world.tickets[1042], "noted", "leila", "Leila noted: it beeps.")
    sam.until(lambda: "You were logged out" in sam.text("#toasts"))
    assert sam.one("#act-notes textarea").get_attribute("value") == "half a thought"


def test_a_session_that_ends_leads_to_the_login(site, sam):
    site.world.sessions.clear()
    site.world.send("resync", {})
    sam.until(lambda: "/login" in sam.driver.current_url)


def test_a_refusal_is_shown_in_place_and_a_reload_shows_the_ticket(site, sam):
    sam.go("/tickets/1042")
    site.world.tickets[1042].update(owner="leila", state="working")
    sam.one("[data-claim]").click()
    sam.until(lambda: "Leila has it" in sam.text("#refusal"))
    assert sam.driver.current_url.endswith("/tickets/1042")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/tickets/1042",
        "/new",
        "/notices",
        "/records/devices",
        "/records/devices/new",
        "/records/devices/import",
        "/clock",
    ],
)
def test_every_page_fits_a_phone_and_runs_without_a_complaint(site, open_browser, path):
    site.world.tickets[1042].update(title=LONG, host=LONG, body=LONG)
    phone = open_browser(site.url, width=360, height=740)
    phone.log_in("sam", PASSWORD)
    phone.go(path)
    phone.live()
    assert phone.overflow() <= 0
    assert phone.complaints() == []
