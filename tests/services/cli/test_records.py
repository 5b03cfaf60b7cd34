"""`tierline records`: what each command asks of the router, and what it shows."""

import json

import httpx
import pytest

from tests.services.cli.router import NOW, FakeRouter, document, problem, run

DEVICE = {
    "kind": "devices", "name": "hd-fw-01", "client": "Harbour Dental", "version": 3,
    "address": "/v1/records/devices/Harbour%20Dental/hd-fw-01", "changed_at": NOW,
    "fields": {
        "client": "Harbour Dental", "name": "hd-fw-01", "type": "firewall", "criticality": 1,
    },
}  # fmt: skip
AT = "/v1/records/devices/Harbour Dental/hd-fw-01"
HERE = ("devices", "Harbour Dental", "hd-fw-01")
KINDS = {
    "items": [
        {
            "name": "devices",
            "fields": [
                {"name": "criticality", "shape": {"type": "integer"}},
                {"name": "active", "shape": {"type": "boolean"}},
                {"name": "skills", "shape": {"anyOf": [{"type": "string"}, {"type": "array"}]}},
            ],
        }
    ]
}
IMPORTED = {
    "preview": True,
    "batch": "",
    "made": [{"line": 4, "name": "new-01", "client": "Harbour Dental", "fields": {}}],
    "changed": [
        {
            "line": 2, "name": "hd-fw-01", "client": "Harbour Dental",
            "fields": {"criticality": {"before": 1, "after": 2}},
        }
    ],
    "left": 1,
    "refused": [],
}  # fmt: skip
MISSING = problem(404, "no_such_record", "there is no device hd-fw-01")


def asked(router, method):
    return [it for it in router.asked if it.method == method]


def test_list_shows_a_line_a_record_and_asks_for_what_narrows():
    device = DEVICE | {"fields": DEVICE["fields"] | {"roles": ["IT"]}}
    router = FakeRouter({"GET /v1/records/devices": {"items": [device], "next_cursor": "x"}})
    result = run(router, "records", "list", "devices", "--client", "Harbour Dental", "--q", "fw")
    assert result.exit_code == 0, result.output
    assert "type firewall, criticality 1, roles" in result.stdout
    assert "there are more" in result.stdout
    assert dict(router.asked[0].url.params) == {
        "limit": "50", "client": "Harbour Dental", "q": "fw",
    }  # fmt: skip


def test_show_prints_every_field():
    result = run(FakeRouter({f"GET {AT}": DEVICE}), "records", "show", *HERE)
    assert "criticality  1" in result.stdout
    assert "version 3" in result.stdout
    assert document(run(FakeRouter({f"GET {AT}": DEVICE}), "records", "show", *HERE, "--json"))


def test_set_changes_the_named_fields_of_the_version_it_read():
    router = FakeRouter({f"GET {AT}": DEVICE, "GET /v1/records": KINDS, f"PATCH {AT}": DEVICE})
    fields = ["criticality=2", "active=false", "skills=vpn; wifi", "site=", 'x={"a": 1}']
    flags = [part for field in fields for part in ("-f", field)]
    result = run(router, "records", "set", *HERE, *flags)
    assert result.exit_code == 0, result.output
    (sent,) = asked(router, "PATCH")
    assert sent.headers["If-Match"] == '"3"'
    assert json.loads(sent.content) == {
        "criticality": 2, "active": False, "skills": ["vpn", "wifi"], "site": None, "x": {"a": 1},
    }  # fmt: skip


def test_set_makes_what_is_not_there_yet(tmp_path):
    router = FakeRouter({f"GET {AT}": MISSING, "GET /v1/records": KINDS, f"PUT {AT}": DEVICE})
    assert run(router, "records", "set", *HERE, "-f", "type=firewall").exit_code == 0
    file = tmp_path / "device.json"
    file.write_text(json.dumps(DEVICE))
    assert run(router, "records", "set", *HERE, "--file", str(file)).exit_code == 0
    first, second = asked(router, "PUT")
    assert "If-Match" not in first.headers
    assert json.loads(first.content) == {"type": "firewall"}
    assert json.loads(second.content) == DEVICE["fields"]


@pytest.mark.parametrize("flags", [[], ["-f", "type"], ["-f", "x={"]])
def test_set_says_how_it_is_called(flags):
    router = FakeRouter({f"GET {AT}": DEVICE, "GET /v1/records": KINDS})
    result = run(router, "records", "set", *HERE, *flags)
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 2


def test_remove_removes_the_version_it_read_and_a_refusal_says_what_to_do():
    router = FakeRouter({f"GET {AT}": DEVICE, f"DELETE {AT}": {"removed": DEVICE}})
    result = run(router, "records", "remove", *HERE)
    assert result.stdout == "removed hd-fw-01\n"
    assert asked(router, "DELETE")[0].headers["If-Match"] == '"3"'
    refusal = problem(409, "in_use", "hd-fw-01 is in use: 1 open tickets: close them first")
    result = run(FakeRouter({f"GET {AT}": DEVICE, f"DELETE {AT}": refusal}), "records", "remove",
                 *HERE)  # fmt: skip
    assert result.exit_code == 3
    assert "close them first" in result.stderr


def test_import_sends_the_file_and_shows_what_would_change(tmp_path):
    file = tmp_path / "devices.csv"
    file.write_bytes(b"client,name\r\n")
    router = FakeRouter({"POST /v1/records/devices/import": IMPORTED})
    result = run(router, "records", "import", "devices", str(file), "--preview")
    assert result.stdout.splitlines() == [
        "line 4: would be made Harbour Dental new-01",
        "line 2: would be changed Harbour Dental hd-fw-01: criticality 1 -> 2",
        "1 made, 1 changed, 1 left as they are",
    ]
    sent = router.asked[0]
    assert (sent.content, sent.headers["Content-Type"]) == (b"client,name\r\n", "text/csv")
    assert sent.url.params["preview"] == "true"


def test_refused_lines_of_a_preview_are_named_and_end_with_1(tmp_path):
    file = tmp_path / "devices.csv"
    file.write_bytes(b"x")
    refused = [{"line": 5, "field": "client", "problem": "no client is called `x`"}]
    router = FakeRouter({"POST /v1/records/devices/import": IMPORTED | {"refused": refused}})
    result = run(router, "records", "import", "devices", str(file), "--preview")
    assert result.exit_code == 1
    assert "line 5: refused: client: no client is called `x`" in result.stdout


def test_export_writes_what_the_router_sends(tmp_path):
    def table(request):
        return httpx.Response(200, text="client,name\r\n", headers={"content-type": "text/csv"})

    router = FakeRouter({"GET /v1/records/devices.csv": table})
    assert run(router, "records", "export", "devices").stdout.splitlines() == ["client,name"]
    file = tmp_path / "out.csv"
    result = run(router, "records", "export", "devices", "--to", str(file), "--json")
    assert document(result) == {"file": str(file)}
    assert file.read_bytes() == b"client,name\r\n"
    away = FakeRouter({"GET /v1/records/devises.csv": problem(404, "no_such_kind", "none")})
    assert "names the kinds" in run(away, "records", "export", "devises").stderr


def test_changes_are_sentences():
    change = {
        "id": 1, "kind": "devices", "name": "hd-fw-01", "client": "Harbour Dental", "at": NOW,
        "real_at": NOW, "by": "priya", "how": "csv", "batch": "b", "before": {}, "after": {},
        "fields": {"site": {"before": None, "after": "Quay Street"}},
    }  # fmt: skip
    made = change | {"before": None, "by": "", "how": "folder"}
    router = FakeRouter({"GET /v1/records/changes": {"items": [change, made]}})
    result = run(router, "records", "changes", "--kind", "devices", "--batch", "b")
    assert result.stdout.splitlines() == [
        "09:00  priya changed devices Harbour Dental hd-fw-01 (csv): site nothing -> Quay Street",
        "09:00  the folder made devices Harbour Dental hd-fw-01 (folder)",
    ]
