"""Forms of pages that were loaded before the secret was changed."""

from urllib.parse import urlencode

import pytest
from starlette.requests import Request

from console.security import FORM_TOKEN_FIELD, ForgedFormError, form_token, read_form
from console.settings import ConsoleSettings

OLD, NEW, THIRD = "o" * 32, "n" * 32, "t" * 32


def settings(secret: str, other: str = "") -> ConsoleSettings:
    return ConsoleSettings(secret=secret, other_secret=other, port=8080, router_url="http://router")


def posted(token: str) -> Request:
    body = urlencode({FORM_TOKEN_FIELD: token, "text": "hello"}).encode()

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request({"type": "http", "method": "POST", "headers": []}, receive)


@pytest.mark.parametrize("made_with", [OLD, NEW])
async def test_while_it_changes_forms_made_with_either_are_read(made_with):
    token = form_token(settings(made_with), "tls_sam")
    fields = await read_form(settings(NEW, OLD), posted(token), "tls_sam")
    assert fields == {"text": "hello"}


async def test_afterwards_and_with_a_third_one_they_are_not():
    for made_with, reading in ((OLD, settings(NEW)), (THIRD, settings(NEW, OLD))):
        token = form_token(settings(made_with), "tls_sam")
        with pytest.raises(ForgedFormError):
            await read_form(reading, posted(token), "tls_sam")


def test_new_forms_are_made_with_the_secret_and_not_with_the_other_one():
    assert form_token(settings(NEW, OLD), "x") == form_token(settings(NEW), "x")
    assert form_token(settings(NEW, OLD), "x") != form_token(settings(OLD), "x")
