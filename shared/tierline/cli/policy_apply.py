"""`tierline policy apply`: makes a policy folder the version in force."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from tierline.cli.call import Call, Screen, with_router
from tierline.cli.client import Json
from tierline.cli.failures import USAGE, FailureError
from tierline.cli.policy_preview import PREVIEWS, Folder, Year, counts_of, make_preview
from tierline.cli.policy_versions import find_folder

KEEP: Final = "keep"
MOVE: Final = "move"


def register(app: typer.Typer) -> None:
    """Add `apply` to `tierline policy`."""
    app.command("apply")(with_router(apply))


def apply(
    call: Call,
    *,
    folder: Folder,
    reason: Annotated[str, typer.Option("--reason", help="Kept with whatever is moved.")],
    previewed: Annotated[
        str, typer.Option("--preview", help="The token of its preview; needed to move tickets.")
    ] = "",
    open_tickets: Annotated[
        str,
        typer.Option(
            "--open-tickets", help="keep: running promises stay. move: they get the new terms."
        ),
    ] = KEEP,
    only: Annotated[
        str, typer.Option("--only", help="Move tickets of these priorities, like P3,P4.")
    ] = "",
    move_group: Annotated[
        list[str] | None,
        typer.Option("--move-group", help="OLD=NEW: where tickets of a group go that is no more."),
    ] = None,
    year: Year = None,
) -> None:
    """Make a policy folder the version in force; its records are not read.

    The next step, groups and who is told change at once. Running promises keep the terms they were
    made under, unless --open-tickets move says otherwise: that needs the token of a preview. Given
    again with the same token it goes on where it stopped.
    """
    if open_tickets not in {KEEP, MOVE}:
        raise _usage("--open-tickets is keep or move.", "Write --open-tickets move.")
    if open_tickets == MOVE and not previewed:
        raise _usage(
            "Moving open tickets needs a preview.",
            f"Look at `tierline policy preview {folder}` first; give its --preview TOKEN.",
        )
    groups = dict(_pair(text) for text in move_group or ())
    found = _preview(call, folder, year, previewed)
    body = {
        "reason": reason,
        "move": open_tickets == MOVE,
        "only": [name.strip() for name in only.split(",") if name.strip()],
        "move_groups": groups,
    }
    done: Json = {"version": found["version"], "changed": False, "moved_groups": 0, "left": 0}
    if found["applied_at"] is None:
        done = call.router.post(f"{PREVIEWS}/{found['id']}/apply", body)
    moved = _move_all(call, found["id"]) if open_tickets == MOVE else 0
    call.answer({**done, "preview": found["id"], "moved": moved, "left": 0}, _show)
    if not call.as_json and open_tickets == KEEP:
        call.screen.line(f"{counts_of(found)} if moved; they keep the terms they have.")


def _usage(message: str, remedy: str) -> FailureError:
    return FailureError(message, remedy, code=USAGE)


def _pair(text: str) -> tuple[str, str]:
    old, equals, new = text.partition("=")
    if not (old.strip() and equals and new.strip()):
        raise _usage(f"--move-group {text} names no two groups.", "Write it like Desk=Helpdesk.")
    return old.strip(), new.strip()


def _preview(call: Call, folder: Path, year: int | None, token: str) -> Json:
    """The preview of that token, if it is of this folder; without a token a new one."""
    if not token:
        return make_preview(call, folder, year)
    version = find_folder(folder, year)
    found = call.router.get(f"{PREVIEWS}/{token}")
    if found["version"] != version.hash:
        raise FailureError(
            f"The preview {token} is of {found['version']}, and the folder is {version.hash}.",
            f"Look at `tierline policy preview {folder}` again, and give its token.",
        )
    return found


def _move_all(call: Call, token: str) -> int:
    """Move batch by batch until none is left; returns how many were moved in all."""
    while True:
        done = call.router.post(f"{PREVIEWS}/{token}/move", {})
        if done["end"]:
            return int(done["moved"])


def _show(screen: Screen, document: Any) -> None:
    verb = "is in force now" if document["changed"] else "was in force already"
    screen.line(f"policy {document['version']} {verb}")
    if document["moved_groups"]:
        screen.line(f"{document['moved_groups']} tickets were taken to another group")
    if document["moved"]:
        screen.line(f"{document['moved']} tickets were moved to the new terms")
