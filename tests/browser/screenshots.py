"""Makes the pictures of the README: a believable Monday morning on the whole stack.

Run it as `.venv/bin/python -m tests.browser.screenshots [folder]`; without a folder they go to
`docs/images`.
"""

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.browser.chromium import Browser, missing
from tests.browser.stack import Hands, whole_stack

IMAGES = Path(__file__).parents[2] / "docs" / "images"
LARGEST_BYTES = 300 * 1024
WAIT_SECONDS = 30.0
LONDON = ZoneInfo("Europe/London")
MORNING = 9

OUTAGE = "Internet down at Quay Street"
UNANSWERED = {
    "title": "oak-srv-01 does not answer", "severity": "critical", "client": "Oakfield Schools",
    "host": "oak-srv-01", "dedup_key": "down-oak",
}  # fmt: skip
ALERTS: list[dict[str, Any]] = [
    {
        "title": "Backup failed on oak-srv-01", "severity": "error", "client": "Oakfield Schools",
        "host": "oak-srv-01", "dedup_key": "backup-oak",
    },
    {
        "title": "Volume 2 of tw-nas-01 degraded", "severity": "error",
        "client": "Tidewater Freight", "host": "tw-nas-01", "dedup_key": "raid-tw",
    },
    {
        "title": "Disk 91 % full on hd-ws-07", "severity": "warning", "client": "Harbour Dental",
        "host": "hd-ws-07", "dedup_key": "disk-hd",
    },
    {
        "title": "Port 14 of oak-sw-02 flapping", "severity": "error",
        "client": "Oakfield Schools", "host": "oak-sw-02", "dedup_key": "flap-oak",
    },
]  # fmt: skip
LATE_ALERTS: list[dict[str, Any]] = [
    {
        "title": "VPN of tw-fw-01 renegotiates every minute", "severity": "error",
        "client": "Tidewater Freight", "host": "tw-fw-01", "dedup_key": "vpn-tw",
    },
    {
        "title": "hd-ws-07 offline", "severity": "warning", "client": "Harbour Dental",
        "host": "hd-ws-07", "dedup_key": "off-hd",
    },
    {
        "title": "Certificate of mail.oakfield.example ends in 5 days", "severity": "warning",
        "client": "Oakfield Schools", "dedup_key": "cert-oak",
    },
]  # fmt: skip
CALLS: list[tuple[str, dict[str, Any]]] = [
    ("sam", {
        "type": "incident", "title": "Reception cannot print labels", "client": "Harbour Dental",
        "impact": 2, "urgency": 2, "spoken_to": True,
        "requester": {"name": "Ruth Adeyemi", "email": "ruth@harbourdental.example"},
    }),
    ("leila", {
        "type": "request", "title": "New starter on Thursday: Ida Holm", "spoken_to": True,
        "client": "Oakfield Schools",
        "requester": {"name": "Callum Reid", "email": "callum@oakfield.example"},
    }),
    ("sam", {
        "type": "incident", "title": "Payroll says the session has ended", "urgency": 1,
        "client": "Tidewater Freight", "impact": 2, "spoken_to": True,
        "requester": {"name": "Noor Haddad", "email": "noor@tidewater.example"},
    }),
    ("marek", {
        "type": "incident", "title": "Mail to one supplier bounces", "impact": 3, "urgency": 2,
        "client": "Tidewater Freight", "spoken_to": True,
    }),
]  # fmt: skip


class Morning:
    """One staged morning."""

    def __init__(self, hands: Hands) -> None:
        self.hands = hands
        self._sessions: dict[str, str] = {}

    def session(self, login: str) -> str:
        """The person's session, opened once."""
        if login not in self._sessions:
            self._sessions[login] = self.hands.session(login)
        return self._sessions[login]

    def act(self, login: str, title: str, command: str, **body: Any) -> None:
        """Let a person do something to the ticket of that title, once it is there."""
        number = self.ticket(title)["number"]
        self.hands.post(self.session(login), f"/v1/tickets/{number}/{command}", body)

    def ticket(self, title: str) -> Any:
        """The open ticket of that title, waited for."""
        return soon(lambda: next((t for t in self._open() if t["title"] == title), None), title)

    def jump(self, **step: int) -> datetime:
        """Jump policy time ahead; returns the new instant."""
        body = {"jump_s": timedelta(**step).total_seconds()}
        return self._instant(self.hands.post(self.session("priya"), "/v1/clock", body))

    def start(self) -> datetime:
        """Go to nine o'clock of the next Monday in London."""
        now = self._instant(self.hands.get("/v1/clock")).astimezone(LONDON)
        day = now.date() + timedelta(days=7 - now.weekday())
        monday = datetime(day.year, day.month, day.day, MORNING, tzinfo=LONDON)
        return self.jump(seconds=int((monday - now).total_seconds()))

    def _open(self) -> list[Any]:
        return list(self.hands.get("/v1/tickets?limit=200")["items"])

    @staticmethod
    def _instant(clock: Any) -> datetime:
        return datetime.fromisoformat(clock["now"]).astimezone(UTC)


def soon(look: Callable[[], Any], what: str) -> Any:
    """What `look` finds, as soon as it finds something."""
    end = time.monotonic() + WAIT_SECONDS
    while not (found := look()):
        assert time.monotonic() < end, f"not there: {what}"
        time.sleep(0.05)
    return found


def after(now: datetime, **ahead: int) -> str:
    """An instant ahead of `now` as the router reads it."""
    return (now + timedelta(**ahead)).isoformat().replace("+00:00", "Z")


def stage(morning: Morning) -> None:
    """Let the morning happen, until the moment of the pictures."""
    hands = morning.hands
    morning.start()
    for alert in ALERTS:
        hands.alert(**alert)
    for alert in ALERTS:
        morning.ticket(alert["title"])
    for login, call in CALLS:
        hands.post(morning.session(login), "/v1/tickets", call)
    morning.act("leila", CALLS[1][1]["title"], "claim")
    morning.act("ana", ALERTS[1]["title"], "claim")
    morning.act("marek", CALLS[3][1]["title"], "claim")
    now = morning.jump(minutes=22)
    morning.act(
        "ana", ALERTS[1]["title"], "plan",
        next_step="Replace disk 3 from the shelf", promised_at=after(now, minutes=95),
    )  # fmt: skip
    morning.act("tom", ALERTS[3]["title"], "claim")
    morning.act("sam", CALLS[0][1]["title"], "claim")
    morning.act(
        "sam", CALLS[0][1]["title"], "hold",
        reason="client", asked="Which of the two label printers?", of="Ruth Adeyemi",
    )  # fmt: skip
    outage(morning)
    for alert in LATE_ALERTS:
        hands.alert(**alert)
        morning.ticket(alert["title"])
    morning.act("sam", CALLS[2][1]["title"], "claim")
    morning.jump(minutes=4)


def outage(morning: Morning) -> None:
    """One ticket with a history: a repeat, a plan, a note to the client, a warning, a move."""
    alert = {
        "title": OUTAGE, "severity": "critical", "client": "Harbour Dental", "host": "hd-fw-01",
        "site": "Quay Street", "dedup_key": "wan-hd",
        "body": "WAN 1 and WAN 2 of hd-fw-01 lost their carrier within 4 s of each other.",
        "links": ["https://grafana.example/d/wan?var-site=quay-street"],
    }  # fmt: skip
    morning.hands.alert(**alert)
    morning.ticket(OUTAGE)
    morning.hands.alert(**UNANSWERED)
    morning.ticket(UNANSWERED["title"])
    morning.jump(minutes=3)
    morning.hands.alert(**alert)
    morning.act("ines", OUTAGE, "claim")
    now = morning.jump(minutes=6)
    morning.act(
        "ines", OUTAGE, "plan", next_step="Fail over to the 5G router in the server room",
        promised_at=after(now, minutes=40), client_text="A mobile connection is being set up.",
    )  # fmt: skip
    morning.act(
        "ines", OUTAGE, "notes", to_client=True,
        text="Both lines into the building are down. We are moving you to a mobile connection.",
    )  # fmt: skip
    morning.jump(minutes=11)
    morning.act("ines", OUTAGE, "notes", text="Carrier: digger in Quay Street, splice by noon.")


def take(morning: Morning, folder: Path) -> list[Path]:
    """Take the pictures as Sam and Ines see them."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    number = morning.ticket(OUTAGE)["number"]
    for name, login, path in [("board", "sam", "/"), ("ticket", "ines", f"/tickets/{number}")]:
        browser = Browser(morning.hands.console)
        try:
            browser.log_in(login, morning.hands.password(login))
            browser.go(path)
            browser.live()
            file = folder / f"{name}.png"
            browser.driver.save_screenshot(str(file))
            made.append(file)
        finally:
            browser.close()
    return made


def main() -> int:
    """Make the pictures; 1 when they cannot be made or are too large to keep."""
    if reason := missing():
        sys.stderr.write(f"{reason}\n")
        return 1
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES
    with whole_stack() as hands:
        morning = Morning(hands)
        stage(morning)
        made = take(morning, folder)
    for file in made:
        sys.stdout.write(f"{file}: {file.stat().st_size} bytes\n")
    return int(any(file.stat().st_size > LARGEST_BYTES for file in made))


if __name__ == "__main__":
    raise SystemExit(main())
