"""What Compose and the chart tell the services is what the services read: a name that nobody reads
would be a setting that does nothing."""

import re

import pytest

from console.settings import ConsoleSettings
from notifier.settings import Settings as NotifierSettings
from tests.deploy.policies import containers, named, pod_of
from tests.deploy.rendered import EVERYTHING, PLAIN, objects
from tests.deploy.test_compose import PARTS
from tests.product import SERVICES
from tierline.runtime.settings import PREFIX, ServiceSettings

CLASSES = {"console": ConsoleSettings, "notifier": NotifierSettings}
OF_THE_COMMAND_LINE = {"URL", "TOKEN"}


def read_by(component: str) -> set[str]:
    """The names, without prefix and _FILE, that a service reads."""
    kind = CLASSES.get(component, ServiceSettings)
    known = {name.upper() for name in kind.model_fields}
    return known | OF_THE_COMMAND_LINE if component not in SERVICES else known


def unread(component: str, names: set[str]) -> set[str]:
    ours = {name.removeprefix(PREFIX) for name in names if name.startswith(PREFIX)}
    known = read_by(component)
    return {name for name in ours if not {name, re.sub(r"_FILE$", "", name)} & known}


def needed(component: str) -> set[str]:
    kind = CLASSES.get(component, ServiceSettings)
    return {name.upper() for name, it in kind.model_fields.items() if it.is_required()}


@pytest.mark.parametrize("file", [PLAIN, EVERYTHING], ids=["plain", "everything"])
def test_the_chart(file):
    for it in objects(file):
        for container in containers(pod_of(it)) if pod_of(it) else []:
            names = {env["name"] for env in container.get("env", [])}
            assert unread(container["name"], names) == set(), named(it)
            if container["name"] in SERVICES:
                told = {n.removeprefix(PREFIX).removesuffix("_FILE") for n in names}
                assert needed(container["name"]) <= told, named(it)


@pytest.mark.parametrize("name", [*SERVICES, "schema", "topics", "loaded", "cli"])
def test_compose(name):
    told = set(PARTS[name]["environment"])
    assert unread(name, told) == set()
    if name in SERVICES:
        given = {it.removeprefix(PREFIX) for it in told} | {"PORT"}  # the image's own
        assert needed(name) <= given


def test_a_name_that_nobody_reads_is_found():
    assert unread("router", {"TIERLINE_SMTP_TLS", "TIERLINE_HOST", "OTEL_X"}) == {"SMTP_TLS"}
