"""Intake as its process puts it together, before any of its loops runs."""

from intake import app
from intake.settings import Settings
from tests.services.router.world import SECRET, router_world


async def test_nothing_is_triaged_before_it_is_read_who_works_here(database_url, monkeypatch):
    """Whom a ticket is offered to would else be chosen as if everybody were in."""
    async with router_world(database_url):
        pass  # only the rows are wanted: policy and people
    made = []
    real = app.make_triage

    def kept(*parts):
        made.append(real(*parts))
        return made[-1]

    monkeypatch.setattr(app, "make_triage", kept)
    service = await app.build(
        Settings(database_url=database_url, kafka_bootstrap="127.0.0.1:1", port=1, secret=SECRET)
    )
    try:
        assert "sam" in made[0].floor.current.people
    finally:
        for close in service.on_stop:
            await close()
