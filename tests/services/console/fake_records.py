"""Records of the fake router: kept in memory, described by the product's own kinds."""

from fastapi import Request
from fastapi.responses import JSONResponse, PlainTextResponse

from router.routes.records import kind_view
from tests.services.console.world import NOW
from tierline.policy.kinds import KINDS

DEVICE = {"client": "Harbour Dental", "name": "hd-fw-01", "type": "firewall", "criticality": 1}
PREVIEW = {
    "preview": True, "batch": "", "left": 1, "refused": [],
    "made": [{"line": 2, "name": "new-01", "client": "Harbour Dental", "fields": {}}],
    "changed": [
        {
            "line": 3, "name": "hd-fw-01", "client": "Harbour Dental",
            "fields": {"criticality": {"before": 1, "after": 2}},
        }
    ],
}  # fmt: skip


def key_of(kind, fields):
    return "/".join(KINDS[kind].key_of(fields))


def view(kind, fields, version):
    named = {"name": KINDS[kind].name_of(fields), "client": KINDS[kind].client_of(fields)}
    return {"kind": kind, **named, "version": version, "changed_at": NOW, "fields": fields}


def records_routes(app, world):
    @app.get("/v1/records")
    async def kinds():
        return {"items": [kind_view(kind) for kind in KINDS.values()]}

    @app.get("/v1/records/changes")
    async def changes(kind: str, name: str = ""):
        items = [it for it in world.record_changes if it["kind"] == kind]
        return {"items": [it for it in items if name in {"", it["name"]}], "next_cursor": None}

    @app.get("/v1/records/{kind}.csv")
    async def table(kind: str):
        return PlainTextResponse(",".join(KINDS[kind].grammar.fields) + "\r\n")

    @app.post("/v1/records/{kind}/import")
    async def imported(kind: str, request: Request, preview: bool = False):
        world.asked.append(("import", (await request.body()).decode(), preview))
        return PREVIEW if preview else {**PREVIEW, "preview": False, "batch": "b"}

    @app.get("/v1/records/{kind}")
    async def listed(kind: str, q: str = ""):
        found = world.records.get(kind, {})
        items = [
            view(kind, fields, version) for key, (fields, version) in found.items() if q in key
        ]
        return {"items": items, "next_cursor": None}

    _one_record(app, world)


def _one_record(app, world):
    missing = {"detail": "there is none", "code": "no_such_record"}

    @app.get("/v1/records/{kind}/{name:path}")
    async def one(kind: str, name: str):
        found = world.records.get(kind, {}).get(name)
        return view(kind, *found) if found else JSONResponse(missing, 404)

    @app.api_route("/v1/records/{kind}/{name:path}", methods=["PUT", "PATCH"])
    async def write(kind: str, name: str, request: Request):
        here, body = world.records.setdefault(kind, {}), await request.json()
        fields, version = here.get(name, ({}, 0))
        matched = request.headers.get("if-match", '"0"') == f'"{version}"'
        if not matched:
            return JSONResponse({"detail": "somebody has changed it since", "code": "changed"}, 412)
        after = {key: it for key, it in {**fields, **body}.items() if it is not None}
        here[name] = (after, version + 1)
        world.record_changes.insert(
            0,
            {
                "kind": kind, "name": KINDS[kind].name_of(after), "client": "", "at": NOW,
                "by": "priya", "how": "page", "before": fields or None, "after": after,
                "fields": {
                    key: {"before": fields.get(key), "after": after.get(key)}
                    for key in after if fields.get(key) != after.get(key)
                },
            },
        )  # fmt: skip
        return view(kind, after, version + 1)

    @app.delete("/v1/records/{kind}/{name:path}")
    async def remove(kind: str, name: str):
        if world.refuse.get("record"):
            return JSONResponse({"detail": world.refuse["record"], "code": "in_use"}, 409)
        del world.records[kind][name]
        return {"removed": {}}
