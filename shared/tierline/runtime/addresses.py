"""Which ports the development stack uses, and the addresses and variables that follow from them."""

import os
from collections.abc import Mapping
from typing import Literal

from tierline.runtime.errors import UpError
from tierline.runtime.ports import LOOPBACK, find_free_port, port_is_free

PortMode = Literal["fixed", "auto"]

FIXED_PORTS: Mapping[str, int] = {
    "console": 8080,
    "intake": 8081,
    "router": 8082,
    "sla-timer": 8083,
    "notifier": 8084,
    "postgres": 8085,
    "broker": 8086,
    "smtp": 8087,
}
PORT_VARIABLE_PREFIX = "TIERLINE_PORT_"
HTTP_SERVICES = ("intake", "router", "sla-timer", "notifier", "console")
MAIL_PAGE = "/mail"


def port_variable(name: str) -> str:
    """Return the environment variable that sets one port.

    Args:
        name: a key of FIXED_PORTS.
    """
    return PORT_VARIABLE_PREFIX + name.upper().replace("-", "_")


def choose_ports(
    mode: PortMode, remembered: Mapping[str, int], environ: Mapping[str, str] | None = None
) -> dict[str, int]:
    """Choose a free port for everything that listens.

    Args:
        mode: `fixed` takes FIXED_PORTS; `auto` takes those of the last start where they are free,
            else any free ones. A TIERLINE_PORT_... variable goes before both.
        remembered: ports of the last start by name.
        environ: the environment, or None for the process's own.

    Returns:
        A port for each name of FIXED_PORTS.

    Raises:
        UpError: a variable holds no port, or a port that must be used is taken.
    """
    variables = os.environ if environ is None else environ
    asked = {name: _asked_port(name, variables) for name in FIXED_PORTS}
    chosen: dict[str, int] = {name: port for name, port in asked.items() if port is not None}
    for name, fixed in FIXED_PORTS.items():
        if name in chosen:
            _insist(name, chosen[name])
        elif mode == "fixed":
            _insist(name, fixed)
            chosen[name] = fixed
        else:
            chosen[name] = _any_port(set(chosen.values()), remembered.get(name))
    _refuse_doubles(chosen)
    return chosen


def _refuse_doubles(chosen: Mapping[str, int]) -> None:
    users: dict[int, str] = {}
    for name, port in chosen.items():
        if port in users:
            raise UpError(
                f"Port {port} is meant for both {users[port]} and {name}.",
                f"Set {port_variable(name)} to another port, or start with `--ports auto`.",
            )
        users[port] = name


def _asked_port(name: str, variables: Mapping[str, str]) -> int | None:
    text = variables.get(port_variable(name), "")
    if not text:
        return None
    if text.isascii() and text.isdigit() and 1 <= int(text) <= 65_535:
        return int(text)
    raise UpError(
        f"{port_variable(name)} is {text!r}, which is not a port.",
        "Set it to a number from 1 to 65535, or unset it.",
    )


def _any_port(taken: set[int], preferred: int | None) -> int:
    try:
        return find_free_port(taken, preferred)
    except OSError as error:
        raise UpError(
            "No free port was found on this machine.",
            f"Stop what holds them, or set {PORT_VARIABLE_PREFIX}... variables.",
        ) from error


def _insist(name: str, port: int) -> None:
    if not port_is_free(port):
        raise UpError(
            f"Port {port}, needed for {name}, is taken by another program (or not ours to use).",
            f"Start with `--ports auto`, set {port_variable(name)} to a free port, or stop that "
            f"program.",
        )


def urls(ports: Mapping[str, int]) -> dict[str, str]:
    """Return the address of each part, without a slash at the end.

    Args:
        ports: by the names of FIXED_PORTS.

    Returns:
        `intake`, `router`, `console`, `sla_timer`, `notifier`, `mail` (a page), `smtp`.
    """
    addresses = {
        name.replace("-", "_"): f"http://{LOOPBACK}:{ports[name]}" for name in HTTP_SERVICES
    }
    addresses["mail"] = addresses["notifier"] + MAIL_PAGE
    addresses["smtp"] = f"smtp://{LOOPBACK}:{ports['smtp']}"
    return addresses


def service_environment(
    *, ports: Mapping[str, int], database_url: str, bootstrap: str, secret: str, home: str
) -> dict[str, str]:
    """Return what every service of the development stack is told, its own port excepted.

    Args:
        ports: by the names of FIXED_PORTS.
        database_url: postgresql://...
        bootstrap: the broker, host:port.
        secret: this copy's secret, hex.
        home: the data folder.
    """
    addresses = urls(ports)
    return {
        "TIERLINE_DATABASE_URL": database_url,
        "TIERLINE_KAFKA_BOOTSTRAP": bootstrap,
        "TIERLINE_HOST": LOOPBACK,
        **{
            f"TIERLINE_{name.upper()}_URL": addresses[name]
            for name in ("router", "intake", "console", "notifier", "sla_timer")
        },
        "TIERLINE_SMTP_HOST": LOOPBACK,
        "TIERLINE_SMTP_PORT": str(ports["smtp"]),
        "TIERLINE_DEVELOPMENT": "1",
        "TIERLINE_SECRET": secret,
        "TIERLINE_HOME": home,
        "TIERLINE_SUPERVISOR_PID": str(os.getpid()),
        # Zones from the locked tzdata package, not the host's: the same hours on every machine.
        "PYTHONTZPATH": "",
    }
