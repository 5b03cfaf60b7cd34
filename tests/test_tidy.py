"""Rules of the house that no linter holds: sizes, time, randomness, layout, licences, the lock."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata

import pytest

from tests.product import MEMBERS, ROOT, SERVICES, imports, modules, parsed
from tierline.cli.commands import HERE, MODULES

FUNCTION_LINES_MAX = 60
FILE_LINES_MAX = 400

REAL_TIME = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns",
    "time.sleep", "asyncio.sleep",
}  # fmt: skip
MAY_READ_TIME: dict[str, str] = {
    "console.visit": "shows the real time while the router cannot say the policy time",
    "notifier.channels.chat": "transport time of an attempt",
    "notifier.channels.mail": "the Date of a mail is real",
    "notifier.channels.webhook": "a signature is over the real time",
    "notifier.deliver": "waits for outcomes to be recorded together",
    "notifier.outages": "waits before it asks the database again",
    "router.policies.foreseen": "lets other requests have their turn between two reads",
    "router.transactions": "waits before it tries again after a deadlock",
    "tierline.bus.metrics": "how long a message lay at the broker is real time",
    "tierline.cli.client": "waits before it asks the router again",
    "tierline.cli.doctor.backups": "the age of a backup",
    "tierline.cli.doctor.clocks": "compares the clocks of machines",
    "tierline.cli.doctor.expiry": "how long a certificate is still good",
    "tierline.cli.replaying.drain": "looks again and again until everything has drained",
    "tierline.cli.replaying.feed": "lets held policy time follow ten times a second",
    "tierline.cli.replaying.post": "waits before it asks the router again",
    "tierline.cli.replaying.run": "shows the progress twice a second",
    "tierline.cli.running": "waits for the stack to stop",
    "tierline.policy.folder": "the year around which holidays are looked up, where none is given",
    "tierline.cli.migrate": "waits until another has made the tables",
    "tierline.runtime.embedded.postgres": "waits for a server",
    "tierline.runtime.embedded.server": "waits for a server",
    "tierline.runtime.home": "waits for a lock, and for what a killed copy left over",
    "tierline.runtime.process": "waits for a process to end",
    "tierline.runtime.supervisor": "waits before it starts a dead child again",
    "tierline.store.archive.files": "how long a file lies that nobody has finished",
    "tierline.store.migrations.env": "waits for the job before it",
    "tierline.store.migrations.versions.0018_months": "waits before it asks for a lock again",
    "tierline.bus.cluster": "a new cluster takes a moment to have who keeps a group",
    "tierline.testing.producers": "a fake that stalls",
    "tierline.testing.steps": "polls what another connection waits for",
}
"""Module: why it reads the wall clock or sleeps. Policy time comes from the database alone."""

MAY_DRAW: dict[str, str] = {
    "notifier.backoff": "jitter of retries",
    "notifier.deliver": "jitter of retries",
    "notifier.sending": "jitter of retries",
    "notifier.settle": "jitter of retries",
    "router.transactions": "jitter of retries",
    "tierline.replay.made_up": "a made-up log, by its seed",
    "tierline.replay.made_up_tales": "a made-up log, by its seed",
    "tierline.runtime.ports": "a free port",
    "tierline.testing.loop": "the simulated event loop, by its seed",
}
"""Module: why it draws at random. Secrets come from `secrets`, which is not meant here."""

STARTED_FROM_OUTSIDE: dict[str, str] = {
    "intake.openapi": "`make contracts`",
    "notifier.resume": "an operator, to resume a disabled subscription",
    "router.openapi": "`make contracts`",
    "tierline.cli.entry": "the program `tierline`",
    "tierline.cli.reference": "`make contracts`",
    "tierline.messages.asyncapi": "`make contracts`",
    "tierline.messages.due_lines.schema": "`make contracts`",
    "tierline.replay.made_up": "somebody who wants a log to try a replay with",
    "tierline.replay.schema": "`make contracts`",
    "tierline.runtime.telemetry.export": "`tierline.runtime.telemetry.switch`, if tracing is on",
    "tierline.store.migrate": "`tierline up`, and a deployment's migration job",
    "tierline.runtime.healthcheck": "an image's HEALTHCHECK",
    "tierline.store.migrations.env": "Alembic",
}
"""Modules that nothing imports, and what starts them. Migrations and test helpers aside."""

NOT_IMPORTED_BY_PRODUCT = ("tierline.store.migrations.versions.", "tierline.testing.")

WEAK_COPYLEFT: dict[str, str] = {
    "certifi": "MPL-2.0: unchanged files",
    "hypothesis": "MPL-2.0: tests only",
    "pathspec": "MPL-2.0: build and tests only",
}
"""Copyleft by the file, used unchanged: neither GPL nor AGPL; an LGPL one would be listed here."""

LOCK = ROOT / "requirements.lock"


def test_files_stay_small():
    lengths = {module: len(file.read_text().splitlines()) for module, file in modules().items()}
    assert {m: length for m, length in lengths.items() if length > FILE_LINES_MAX} == {}


def test_functions_stay_small():
    lengths = {
        f"{module}.{node.name}": node.end_lineno - node.lineno + 1
        for module in modules()
        for node in ast.walk(parsed(module))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {f: length for f, length in lengths.items() if length > FUNCTION_LINES_MAX} == {}


def dotted(node: ast.expr) -> str:
    """`a.b.c` of an attribute chain or a name; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else ""
    return ""


def called(module: str) -> Iterator[str]:
    """Every name that a module mentions, as written and by its last two parts."""
    for node in ast.walk(parsed(module)):
        if isinstance(node, ast.Attribute | ast.Name):
            name = dotted(node)
            yield name
            yield ".".join(name.split(".")[-2:])


def reads_time(module: str) -> set[str]:
    return REAL_TIME & set(called(module))


def draws(module: str) -> set[str]:
    named = set(called(module)) | imports(parsed(module))
    return {name for name in named if name == "random" or name.startswith("random.")}


def test_only_named_modules_read_the_wall_clock_or_sleep():
    """Others take the instant as a value, and wait on what they wait for."""
    assert {m: found for m in modules() if (found := reads_time(m))}.keys() == set(MAY_READ_TIME)


def test_only_named_modules_draw_at_random():
    assert {m: found for m in modules() if (found := draws(m))}.keys() == set(MAY_DRAW)


def test_the_domain_imports_the_standard_library_and_itself():
    foreign = {
        (module, name)
        for module in modules()
        if module.startswith("tierline.domain")
        for name in imports(parsed(module))
        if name.split(".")[0] not in sys.stdlib_module_names
        and not name.startswith("tierline.domain")
    }
    assert foreign == set()


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_every_service_opens_the_same_way(service):
    folder = ROOT / "services" / service
    assert (folder / "README.md").is_file()
    for name in ("__init__.py", "__main__.py", "app.py", "settings.py"):
        assert (folder / SERVICES[service] / name).is_file(), name


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_a_services_readme_says_the_same_five_things(service):
    text = (ROOT / "services" / service / "README.md").read_text()
    for word in ("Consumes", "Decides", "Emits", "Owns", "Promises"):
        assert f"**{word}**" in text, word


def test_every_module_has_an_importer_or_is_named_as_an_entry():
    imported = {name for module in modules() for name in imports(parsed(module))}
    started = {m for m in modules() if m.endswith("__main__")} | set(STARTED_FROM_OUTSIDE)
    started |= {f"{HERE}.{place.partition(':')[0]}" for place in MODULES.values()}
    packages = {m for m, file in modules().items() if file.name == "__init__.py"}
    orphans = set(modules()) - imported - started - packages
    assert {m for m in orphans if not m.startswith(NOT_IMPORTED_BY_PRODUCT)} == set()
    assert set(STARTED_FROM_OUTSIDE) - set(modules()) == set()


def locked() -> dict[str, str]:
    """Version by normalised name of everything in the lock."""
    found = re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", LOCK.read_text(), re.MULTILINE)
    return {normal(name): version for name, version in found}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def licence_of(name: str) -> str:
    """What a distribution says of its licence: its expression, or its classifiers and field."""
    said = metadata.metadata(name)
    classifiers = [c for c in said.get_all("Classifier") or [] if c.startswith("License ::")]
    field = (said.get("License") or "").splitlines()[:1]
    return said.get("License-Expression") or "; ".join([*classifiers, *field])


def installed() -> list[str]:
    found = {normal(d.metadata["Name"]) for d in metadata.distributions()}
    return sorted(set(locked()) & found)


def test_no_dependency_is_under_a_licence_that_binds_the_product():
    licences = {name: licence_of(name) for name in installed()}
    assert {name for name, licence in licences.items() if not licence} == set()
    # The word stands alone in expressions (GPL-3.0-only) and in classifiers (GNU ... (GPLv3)).
    strong = re.compile(r"(?<![A-Z])A?GPL|Affero|GNU General")
    assert {name: said for name, said in licences.items() if strong.search(said)} == {}
    weak = re.compile(r"LGPL|Lesser|MPL|Mozilla|EPL|CDDL")
    assert {name for name, said in licences.items() if weak.search(said)} == set(WEAK_COPYLEFT)


def test_nothing_locked_for_this_machine_is_missing_from_it():
    """So that the licence test has looked at all there is."""
    conditional = set(re.findall(r"^([A-Za-z0-9._-]+)==\S+ ;", LOCK.read_text(), re.MULTILINE))
    assert set(locked()) - set(installed()) <= {normal(name) for name in conditional}


def test_the_lock_names_no_address_and_hashes_everything():
    text = LOCK.read_text()
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links|@ ", text)
    entries = re.split(r"\n(?=[A-Za-z0-9])", text)
    assert [e.split("==")[0] for e in entries if "==" in e and "--hash=sha256:" not in e] == []


def asked_for() -> set[str]:
    """The names that the members and the workspace ask for, ours left out."""
    lists = [tomllib.loads((m / "pyproject.toml").read_text())["project"] for m in MEMBERS]
    workspace = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [text for project in lists for text in project["dependencies"]]
    wanted += workspace["dependency-groups"]["dev"]
    names = {normal(re.match(r"[A-Za-z0-9._-]+", text)[0]) for text in wanted}
    return names - {"tierline"}


def test_the_lock_holds_what_the_members_ask_for_and_says_who_asked():
    assert asked_for() <= set(locked())
    direct = set()
    for entry in re.split(r"\n(?=[A-Za-z0-9])", LOCK.read_text()):
        if re.search(r"pyproject\.toml(:dev)?\)", entry):
            direct.add(normal(entry.split("==")[0]))
    assert direct == asked_for(), "run `make lock`"


LEG_FOLDERS = {
    "alertmanager": "scenarios", "browser": "browser", "kafka": "kafka", "promtool": "deploy",
    "runbooks": "runbooks", "versions": "versions",
}  # fmt: skip


def test_a_leg_of_its_own_collects_the_folder_that_holds_all_of_it():
    """`make test` leaves these marks out, and the Makefile names a folder for each."""
    makefile = (ROOT / "Makefile").read_text()
    for mark, folder in LEG_FOLDERS.items():
        assert f"-m {mark} tests/{folder}\n" in makefile
        for file in sorted((ROOT / "tests").rglob("test_*.py")):
            if re.search(rf"\bmark\.{mark}\b", file.read_text()):
                assert file.is_relative_to(ROOT / "tests" / folder), f"{file}: nobody runs it"
    left_out = re.search(r"^ONLY_PYTHON := (.*)$", makefile, re.MULTILINE)
    assert left_out is not None
    assert set(re.findall(r"not (\w+)", left_out[1])) == set(LEG_FOLDERS)
