"""Where a configured URL may lead, and where it may not."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier import guard as guards
from notifier.channels.chat import ChatChannel
from notifier.channels.webhook import WebhookChannel
from notifier.guard import Guard, RefusedTargetError, check_url, refused
from notifier.http import HttpSender
from notifier.letter import Letter, Part
from notifier.limits import HttpTimeouts
from notifier.outcome import Delivered, Failed, Retry
from notifier.parcel import Parcel
from tests.services.notifier.receivers import HttpReceiver, http_receiver

LETTER = Letter("team", "P2", "t", (Part("", "warned", "", ""),), "http://x/tickets/1", 1)
SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"

REFUSED = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254
169.254.0.1 169.254.169.254 168.63.129.16 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.192
192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.9 224.0.0.1
224.1.2.3 239.255.255.255 240.0.0.1 255.255.255.255
:: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 64:ff9b::7f00:1
64:ff9b:1::1 100::1 2001::1 2001:db8::1 2002:7f00:1:: 2002:a00:1:: 3fff::1 5f00::1 fc00::1
fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1 4000::1
""".split()  # noqa: SIM905

FINE = """
1.1.1.1 8.8.8.8 9.9.9.9 100.63.255.255 100.128.0.1 172.15.255.255 172.32.0.1 192.0.1.1 192.167.1.1
198.17.255.255 198.20.0.1 223.255.255.255 2606:4700:4700::1111 2a00:1450:4001::1 ::ffff:8.8.8.8
""".split()  # noqa: SIM905


@pytest.mark.parametrize("text", REFUSED)
def test_an_address_that_is_not_public_is_refused(text: str) -> None:
    assert refused(ip_address(text))


@pytest.mark.parametrize("text", FINE)
def test_a_public_address_is_fine(text: str) -> None:
    assert refused(ip_address(text)) == ""


@given(st.ip_addresses())
def test_what_python_calls_private_is_never_let_through(address: object) -> None:
    if not address.is_global:
        assert refused(address)


def test_an_allowed_network_is_fine_and_its_neighbours_are_not() -> None:
    assert refused(ip_address("10.1.2.3"), ["10.1.0.0/16"]) == ""
    assert refused(ip_address("::ffff:10.1.2.3"), ["10.1.0.0/16"]) == ""
    assert refused(ip_address("10.2.0.1"), ["10.1.0.0/16"])


@pytest.mark.parametrize(
    "url",
    [
        "ftp://hooks.example/x",
        "file:///etc/passwd",
        "//hooks.example/x",
        "https://",
        "https://user:secret@hooks.example/",
        "https://user@hooks.example/",
        "https://hooks.example:99999/",
        "https://hooks.example:0/",
        "https://hooks.example/a b",
        "https://hooks.example/a\r\nX-Injected: 1",
        "https://hooks.example/\x00",
        "https://höoks.example/",
        "https://[::1",
        "https://" + "a" * 3_000,
        "",
    ],
)
def test_a_url_that_cannot_be_posted_to_is_refused(url: str) -> None:
    with pytest.raises(RefusedTargetError):
        check_url(url)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "::1", "169.254.169.254", "::ffff:127.0.0.1", "localhost"]
)
async def test_a_host_that_leads_inside_is_refused(host: str) -> None:
    with pytest.raises(RefusedTargetError, match=r"loopback|link-local"):
        await Guard().addresses(host, 443, encrypted=True)


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "a..example", "..."])
async def test_a_host_that_dns_could_not_hold_is_refused(host: str) -> None:
    with pytest.raises(RefusedTargetError, match="no name"):
        await Guard().addresses(host, 443, encrypted=True)


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "017700000001", "0"])
async def test_other_spellings_of_an_inner_address_are_refused(host: str) -> None:
    with pytest.raises(RefusedTargetError, match=r"loopback|unspecified"):
        await Guard().addresses(host, 443, encrypted=True)


async def test_all_who_ask_for_a_name_at_once_ask_the_resolver_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each question holds a thread: a name that nobody answers for must not take them all."""
    answered, asked = asyncio.Event(), []

    async def resolver(host: str, port: int, **_: object) -> list[tuple]:
        asked.append((host, port))
        await answered.wait()
        return [(2, 1, 6, "", ("8.8.8.8", port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolver)
    guard = Guard()
    asking = [
        asyncio.create_task(guard.addresses("slow.example", 443, encrypted=True)) for _ in range(9)
    ]
    while not asked:
        await asyncio.sleep(0)
    asking.pop().cancel()
    answered.set()
    assert await asyncio.gather(*asking) == [["8.8.8.8"]] * 8
    assert asked == [("slow.example", 443)]
    await guard.addresses("slow.example", 443, encrypted=True)
    assert len(asked) == 2, "an answer is not kept: the next one is judged anew"


async def test_a_name_that_is_not_resolved_in_time_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def resolver(*_: object, **__: object) -> list[tuple]:
        await asyncio.Event().wait()
        return []

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolver)
    monkeypatch.setattr(guards, "HttpTimeouts", lambda: HttpTimeouts(connect=0.001))
    sender = HttpSender(Guard())
    outcome = await WebhookChannel(sender).send(_parcel("https://slow.example/"))
    await sender.close()
    assert isinstance(outcome, Retry)
    assert "the name slow.example was not resolved" in outcome.reason


async def test_a_refusal_says_where_an_exception_is_made() -> None:
    with pytest.raises(RefusedTargetError, match="TIERLINE_ALLOWED_TARGETS"):
        await Guard().addresses("10.1.2.3", 443, encrypted=True)


async def test_plain_http_is_for_allowed_networks_only() -> None:
    guard = Guard(["127.0.0.0/8"])
    assert await guard.addresses("127.0.0.1", 80, encrypted=False) == ["127.0.0.1"]
    with pytest.raises(RefusedTargetError, match="not encrypted"):
        await guard.addresses("8.8.8.8", 80, encrypted=False)
    assert await guard.addresses("8.8.8.8", 443, encrypted=True) == ["8.8.8.8"]


class Rebinding(Guard):
    """A guard whose name server changes its mind after the first answer."""

    def __init__(self, answers: list[list[str]], allowed: list[str]) -> None:
        super().__init__(allowed)
        self.answers = answers

    async def _resolve(self, host: str, port: int) -> list[str]:
        return self.answers.pop(0)


@pytest.fixture
async def receiver() -> AsyncIterator[HttpReceiver]:
    async with http_receiver() as http:
        yield http


def _parcel(url: str) -> Parcel:
    return Parcel("msg_1", 1, "psa", url=url, secrets=(SECRET,), body=b"{}")


async def test_the_connection_goes_to_the_address_that_was_judged(receiver: HttpReceiver) -> None:
    """The name has no address at all for the system's resolver: only the judged one can be used."""
    guard = Rebinding([["127.0.0.1"]], ["127.0.0.0/8"])
    sender = HttpSender(guard)
    url = f"http://hooks.invalid:{receiver.port}/in"
    assert isinstance(await WebhookChannel(sender).send(_parcel(url)), Delivered)
    await sender.close()
    assert receiver.requests[0].headers["host"] == f"hooks.invalid:{receiver.port}"
    assert guard.answers == []


async def test_a_refused_address_beside_a_good_one_is_not_connected_to(
    receiver: HttpReceiver,
) -> None:
    guard = Rebinding([["127.0.0.2", "127.0.0.1"]], ["127.0.0.1/32"])
    assert await guard.addresses("hooks.invalid", 80, encrypted=False) == ["127.0.0.1"]


async def test_a_target_inside_gets_nothing_and_ends_the_subscription(
    receiver: HttpReceiver,
) -> None:
    sender = HttpSender(Guard())
    outcome = await WebhookChannel(sender).send(_parcel(receiver.url))
    await sender.close()
    assert isinstance(outcome, Failed)
    assert outcome.disable
    assert "loopback" in outcome.reason
    await asyncio.sleep(0)
    assert receiver.connections == 0


@pytest.mark.parametrize("channel", [WebhookChannel, ChatChannel])
async def test_a_name_that_leads_inside_for_once_is_tried_again(
    receiver: HttpReceiver, channel: type
) -> None:
    """Only what is refused as often as any other failure ends a subscription."""
    sender = HttpSender(Rebinding([["169.254.169.254"], [], ["127.0.0.1"]], ["127.0.0.1/32"]))
    parcel = replace(_parcel(f"http://hooks.invalid:{receiver.port}/in"), letter=LETTER)
    outcomes = [await channel(sender).send(parcel) for _ in range(3)]
    await sender.close()
    assert isinstance(outcomes[0], Retry)
    assert "169.254.169.254 is link-local" in outcomes[0].reason
    assert isinstance(outcomes[1], Retry)
    assert isinstance(outcomes[2], Delivered)
    assert receiver.connections == 1


async def test_the_environments_proxy_is_not_used(
    receiver: HttpReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    sender = HttpSender(Guard(["127.0.0.0/8"]))
    assert isinstance(await WebhookChannel(sender).send(_parcel(receiver.url)), Delivered)
    await sender.close()
