"""`tierline policy preview` and `apply`: what is asked of the router, what people read."""

import json
from pathlib import Path

import pytest

from tests.services.cli.router import NOW, FakeRouter, document, problem, run
from tierline.policy.folder import load_folder

EXAMPLE = Path(__file__).parents[3] / "policy"
LOADED = load_folder(EXAMPLE, year=2026)
VERSION = LOADED.policy.version
PREVIEWS = "/v1/policy/previews"


def preview(**more):
    return {
        "id": "abc123",
        "version": VERSION,
        "base": "sha256:b",
        "made_at": NOW,
        "made_by": "priya",
        "valid_until": NOW,
        "open": 412,
        "looked_at": 412,
        "fates": {"breached": 9, "less time": 0, "changed": 0, "more time": 31, "unchanged": 372},
        "next_changed": 2,
        "held": [{"place": "group Desk", "tickets": 3}],
        "differences": [{"section": "slas", "name": "gold", "said": "gold's P3 plan: 4h -> 2h"}],
        "tickets": [
            {
                "number": 1001,
                "title": "Printer",
                "client": "Harbour Dental",
                "priority": "P3",
                "group": "Desk",
                "fate": "breached",
                "dues": {
                    "resolve": {"old": "2026-11-23T12:30:00Z", "new": "2026-11-23T08:30:00Z"},
                    "queue": {"old": "2026-11-23T09:30:00Z", "new": None},
                },
                "next_before": "Network (T2)",
                "next_after": "",
            }
        ],
        "unlisted": 4,
        "applied_at": None,
        "applied_by": "",
        "reason": "",
        "move": False,
        "only": [],
        "moved": 0,
        "ended_at": None,
        **more,
    }


DONE = {"version": VERSION, "changed": True, "moved_groups": 0, "left": 0}
FOLDER = (str(EXAMPLE), "--year", "2026")


def test_a_preview_is_told_in_counts_differences_and_tickets(monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    router = FakeRouter({f"POST {PREVIEWS}": preview()})
    result = run(router, "policy", "preview", *FOLDER, env={"COLUMNS": "140"})
    assert result.exit_code == 0, result.output
    ((path, body),) = router.writes()
    assert (path, body["document"]) == (PREVIEWS, LOADED.document)
    said = result.stdout
    assert "412 open: 9 would be breached, 31 gain time, 372 unchanged\n" in said
    assert "  gold's P3 plan: 4h -> 2h\n" in said
    assert "group Desk goes and holds 3" in said
    assert "next Network (T2) -> nothing" in said
    assert "queue 09:30 -> none" in said
    assert "and 4 more\n" in said
    assert said.endswith(f"preview abc123 of {VERSION}\n")
    assert "2 have another next step" in said


def test_a_preview_on_a_narrow_screen_wraps_and_cuts_nothing(monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    router = FakeRouter({f"POST {PREVIEWS}": preview()})
    said = run(router, "policy", "preview", *FOLDER, env={"COLUMNS": "72"}).stdout
    assert "\u2026" not in said
    assert "\n1001 " in said
    assert "next Network (T2) -> nothing" in " ".join(said.split())


def test_what_was_not_looked_at_is_counted():
    router = FakeRouter({f"POST {PREVIEWS}": preview(open=20_500, looked_at=20_000, tickets=[])})
    said = run(router, "policy", "preview", *FOLDER).stdout
    assert "20500 open: 9 would be breached" in said
    assert "500 not looked at" in said


def test_applying_keeps_open_tickets_as_they_are():
    router = FakeRouter({f"POST {PREVIEWS}": preview(), f"POST {PREVIEWS}/abc123/apply": DONE})
    result = run(router, "policy", "apply", *FOLDER, "--reason", "new year")
    assert result.exit_code == 0, result.output
    assert f"policy {VERSION} is in force now" in result.stdout
    assert "they keep the terms they have" in result.stdout
    assert [path for path, _ in router.writes()] == [PREVIEWS, f"{PREVIEWS}/abc123/apply"]
    assert router.writes()[1][1] == {
        "reason": "new year", "move": False, "only": [], "move_groups": {},
    }  # fmt: skip


MOVING = ("--preview", "abc123", "--open-tickets", "move", "--reason", "x")


def test_moving_goes_on_batch_by_batch_to_the_end():
    router = FakeRouter(
        {
            f"GET {PREVIEWS}/abc123": preview(),
            f"POST {PREVIEWS}/abc123/apply": {**DONE, "left": 120},
            f"POST {PREVIEWS}/abc123/move": [
                {"moved": 90, "left": 20, "end": False},
                {"moved": 108, "left": 0, "end": True},
            ],
        }
    )
    args = ("--only", "P3, P4", "--move-group", "Desk=Helpdesk", "--json")
    result = run(router, "policy", "apply", *FOLDER, *MOVING, *args)
    assert document(result)["moved"] == 108
    (_, body), *moves = router.writes()
    assert body["only"] == ["P3", "P4"]
    assert body["move_groups"] == {"Desk": "Helpdesk"}
    assert len(moves) == 2


def test_what_was_stopped_in_the_middle_goes_on():
    router = FakeRouter(
        {
            f"GET {PREVIEWS}/abc123": preview(applied_at=NOW, move=True),
            f"POST {PREVIEWS}/abc123/move": {"moved": 5, "left": 0, "end": True},
        }
    )
    result = run(router, "policy", "apply", *FOLDER, *MOVING)
    assert "5 tickets were moved to the new terms" in result.stdout
    assert "was in force already" in result.stdout


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("--open-tickets", "move"), 2, "needs a preview"),
        (("--open-tickets", "all"), 2, "keep or move"),
        (("--move-group", "Desk"), 2, "names no two groups"),
        (("--preview", "abc123"), 1, "and the folder is"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_done(args, code, said):
    router = FakeRouter({f"GET {PREVIEWS}/abc123": preview(version="sha256:other")})
    result = run(router, "policy", "apply", *FOLDER, "--reason", "x", *args, "--json")
    assert result.exit_code == code
    assert said in json.loads(result.stdout)["error"]["message"]
    assert router.writes() == []


def test_a_stale_preview_says_what_to_do():
    router = FakeRouter(
        {
            f"GET {PREVIEWS}/abc123": preview(),
            f"POST {PREVIEWS}/abc123/apply": problem(409, "stale_preview", "it is old"),
        }
    )
    result = run(router, "policy", "apply", *FOLDER, *MOVING)
    assert result.exit_code == 3
    assert "makes a new one" in result.stderr


def test_a_folder_of_no_use_is_not_sent(tmp_path):
    (tmp_path / "rules.yaml").write_text("tiers: [T1]\n")
    router = FakeRouter()
    result = run(router, "policy", "preview", str(tmp_path))
    assert result.exit_code == 1
    assert "lacks `groups`" in result.stderr
    assert router.writes() == []
