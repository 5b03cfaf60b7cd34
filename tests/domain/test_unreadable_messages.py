"""What is no message is refused in one way, so that consumers can set it aside."""

import json

import msgspec
import pytest

from tests.domain.worlds import Story
from tierline.messages.alert import decode_accepted, decode_alert
from tierline.messages.events import decode_event, encode_event

DEEP = "[" * 50_000 + "]" * 50_000
ACCEPTED = {
    "id": 1,
    "index": 0,
    "accepted_at": "2026-01-01T00:00:00Z",
    "integration": "api",
    "source": "json",
    "client": "Harbour Dental",
    "alert": {"dedup_key": "k", "title": "t"},
}


def an_event() -> dict[str, object]:
    story = Story().open()
    body = encode_event(story.events[-1], story.ticket)
    envelope: dict[str, object] = json.loads(body)
    assert decode_event(body).event == story.events[-1]
    return envelope


@pytest.mark.parametrize("decode", [decode_accepted, decode_alert, decode_event])
@pytest.mark.parametrize("body", [b"", b"\xff\x00", b"{", b"[]", f'{{"x": {DEEP}}}'.encode()])
def test_bytes_that_are_no_message(decode, body):
    with pytest.raises(msgspec.MsgspecError):
        decode(body)


@pytest.mark.parametrize(
    "name",
    ["2/1", "1001/99", "1001/²", f"1001/{'9' * 5_000}", "1001", "/", "-1/1", f"{2**70}/1"],
)
def test_an_event_whose_id_is_not_its_tickets(name):
    with pytest.raises(msgspec.MsgspecError):
        decode_event(json.dumps({**an_event(), "id": name}))


@pytest.mark.parametrize(("number", "index"), [(0, 0), (-1, 0), (2**63, 0), (1, 2**15), (1, -1)])
def test_an_alert_with_numbers_that_no_alert_has(number, index):
    assert decode_accepted(json.dumps(ACCEPTED).encode()).id == 1
    with pytest.raises(msgspec.MsgspecError):
        decode_accepted(json.dumps({**ACCEPTED, "id": number, "index": index}).encode())
