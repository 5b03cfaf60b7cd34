"""How the command line finds the router, and what it says when it cannot be reached."""

import json
from pathlib import Path

import httpx
import pytest

from tests.services.cli.router import CLOCK, NOW, TOKEN, URL, FakeRouter, document, run
from tierline.cli import client
from tierline.cli.client import Address, Router, find_address
from tierline.cli.failures import FailureError
from tierline.runtime.home import Home


@pytest.fixture
def no_variables(monkeypatch):
    for name in ("TIERLINE_URL", "TIERLINE_TOKEN", "TIERLINE_HOME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def running(tmp_path: Path, no_variables):
    """A data folder that a stack holds, with what it writes once it is ready."""
    home = Home(tmp_path / "home")
    home.prepare()
    home.lock()
    home.write_run_state({"urls": {"router": "http://127.0.0.1:8082"}, "token": "tl_stack"})
    yield home.folder
    home.unlock()


def test_the_running_stack_is_found_by_its_folder(running, monkeypatch):
    assert find_address(None, None, running) == Address("http://127.0.0.1:8082", "tl_stack")
    monkeypatch.setenv("TIERLINE_HOME", str(running))
    assert find_address(None, None, None).token == "tl_stack"


def test_what_a_stack_left_behind_is_not_taken_for_a_running_one(running, tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    (gone / "run.json").write_text((running / "run.json").read_text())
    with pytest.raises(FailureError) as caught:
        find_address(None, None, gone)
    assert "make run" in caught.value.remedy
    assert "tierline up" in caught.value.remedy


def test_options_go_before_variables_and_variables_before_the_stack(running, monkeypatch):
    monkeypatch.setenv("TIERLINE_URL", "http://variable.test/")
    monkeypatch.setenv("TIERLINE_TOKEN", "tl_variable")
    assert find_address(None, None, running) == Address("http://variable.test", "tl_variable")
    assert find_address("http://option.test", "tl_o", running) == Address(
        "http://option.test", "tl_o"
    )


def test_the_stacks_token_goes_to_its_own_router_only(running):
    assert find_address("http://127.0.0.1:8082/", None, running).token == "tl_stack"
    with pytest.raises(FailureError, match="no token for http://elsewhere"):
        find_address("http://elsewhere.test", None, running)


def test_a_token_is_not_in_the_repr_of_an_address():
    assert TOKEN not in repr(Address(URL, TOKEN))


def test_an_address_that_is_none_is_refused(no_variables):
    with pytest.raises(FailureError, match="not an address"):
        find_address("localhost:8082", TOKEN, None)


def refuse(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)


def test_nobody_there_says_how_to_start():
    result = run(httpx.MockTransport(refuse), "tickets", "list")
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        f"tierline: Nothing answers at {URL}.",
        "  Start it with `make run` or `tierline up`, or name another address with --url.",
    ]


def test_no_stack_and_no_address_says_how_to_start(tmp_path):
    env = {"TIERLINE_URL": None, "TIERLINE_TOKEN": None, "TIERLINE_HOME": str(tmp_path)}
    result = run(None, "tickets", "list", "--json", env=env)
    assert result.exit_code == 1
    assert "`make run` or `tierline up`" in document(result)["error"]["remedy"]
    assert len(result.stderr.splitlines()) == 2


def router_over(handler, pauses: list[float]) -> Router:
    return Router(Address(URL, TOKEN), httpx.MockTransport(handler), pauses.append)


def test_a_write_without_an_answer_is_sent_again_under_the_same_key():
    keys, pauses = [], []

    def handler(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["Idempotency-Key"])
        if len(keys) == 1:
            raise httpx.ReadTimeout("slow", request=request)
        if len(keys) == 2:
            return httpx.Response(503, headers={"Retry-After": "2"}, json={"detail": "away"})
        return httpx.Response(200, json={"done": True})

    with router_over(handler, pauses) as router:
        assert router.post("/v1/x", {"a": 1, "b": None}) == {"done": True}
    assert len(keys) == 3
    assert len(set(keys)) == 1
    assert pauses == [client.PAUSE_SECONDS, 2.0]


def test_it_gives_up_after_a_bounded_number_of_tries():
    asked = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        raise httpx.ReadTimeout("slow", request=request)

    with router_over(handler, []) as router, pytest.raises(FailureError, match="no answer"):
        router.get("/v1/x")
    assert len(asked) == client.TRIES


def test_a_wish_to_wait_for_long_is_cut_short():
    pauses: list[float] = []
    away = httpx.Response(503, headers={"Retry-After": "3600"}, json={"detail": "database away"})
    with router_over(lambda _: away, pauses) as router, pytest.raises(FailureError) as caught:
        router.get("/v1/x")
    assert caught.value.message == "Database away."
    assert max(pauses) == client.PAUSE_MAX_SECONDS


def test_something_else_at_the_address_is_called_that():
    page = httpx.MockTransport(lambda _: httpx.Response(200, text="<html>"))
    result = run(page, "tickets", "list")
    assert result.exit_code == 1
    assert "is not Tierline's router" in result.stderr


def test_pages_end_even_where_the_cursor_never_does():
    def forever(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"items": [], "next_cursor": "again"})

    with router_over(forever, []) as router:
        assert len(list(router.pages("/v1/x"))) == client.PAGES_MAX


def test_the_credential_is_sent_as_a_bearer_token():
    router = FakeRouter()
    run(router, "clock")
    assert router.asked[0].headers["Authorization"] == f"Bearer {TOKEN}"


def test_no_colours_where_no_terminal_is():
    result = run(FakeRouter(), "clock", env={"NO_COLOR": "1"})
    assert "\x1b" not in result.stdout
    assert NOW[:10] in result.stdout
    assert json.loads(run(FakeRouter(), "clock", "--json").stdout) == CLOCK
