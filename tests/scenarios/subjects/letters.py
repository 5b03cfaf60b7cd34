"""Two pages that come by mail: the lead's list before closing, and the manager's Monday letter."""

from tests.scenarios.acting import instant
from tests.scenarios.subjects.world import World

CALL = {"client": "Iris Optics", "start": "Shelf"}
SEEN = CALL | {"spoken_to": True}

BEFORE_CLOSING = """\
Breaks before the next opening, Wed 12 May 08:00 (1)
- #{lens} P3 Iris Optics: story-lens
  the first answer breaks at Tue 11 May 21:00, when nobody is in; unclaimed
Unclaimed (2)
- #{frame} P4 Iris Optics: story-frame
  waits since Tue 11 May 09:00; unclaimed
- #{lens} P3 Iris Optics: story-lens
  waits since Tue 11 May 17:00; unclaimed
Waiting for somebody who was asked in vain (1)
- #{glass} P2 Iris Optics: story-glass
  asked again at Tue 11 May 18:10; Ida Lens: which glass? (reminded once); kit
New since the last list (3)
- #{frame} P4 Iris Optics: story-frame
  here since Tue 11 May 09:00; unclaimed
- #{glass} P2 Iris Optics: story-glass
  here since Tue 11 May 10:00; kit
- #{lens} P3 Iris Optics: story-lens
  here since Tue 11 May 17:00; unclaimed"""
"""All is promised by the clock on the wall: 4h for an answer from 17:00 are over at 21:00, when the
shelf is closed. Ida was asked at 10:10, reminded at 14:10, and will be 4h after that."""

IN_FIGURES = """\
- P2 first answer: 1 of 1 [-]
- P2 resolution: 1 of 1 [-]
- P3 first answer: 0 of 1 [-]
- P3 resolution: 0 of 1 [-]
- P4 first answer: 1 of 1 [-]
- P4 resolution: 1 of 1 [-]
- resolved by people: 3 [0]
- healed by themselves: 0 [0]
- at first contact, alerts left out: 1 of 3 (33%) [-]
- P2: 20 minutes (23 hours 40 minutes with them) [-]
- P3: 16 hours 30 minutes (16 hours 30 minutes with them) [-]
- P4: 1 day 1 hour (1 day 1 hour with them) [-]
- none: - [-]"""
"""The lens was answered at 09:00 after 16h, and done at 09:30 where 12h were promised. The glass
took from 10:00 to 09:40, but for 10:10 to 09:30, when it waited for Ida. Priya took all three
calls, and did the frame herself, from 09:00 to 10:00 of the next day."""

EARLIER = {("opening", "Shelf"), ("closing", "Shelf"), ("weekly", "nora")}
"""Letters that were due before: what is late is written first, and then what is due in its time."""


def play(world: World) -> None:
    """Tuesday the 11th of May, and the Monday after it."""
    world.at("11 May 08:00")
    world.until(lambda: written(world, "11 May 08:00") >= EARLIER)
    world.at("11 May 09:00").call("frame", impact=3, urgency=3, **SEEN)
    world.at("11 May 10:00").call("glass", impact=1, urgency=2, **SEEN)
    world.at("11 May 10:05").by("kit", "glass", "claim")
    world.at("11 May 10:10")
    world.by("kit", "glass", "hold", reason="client", asked="which glass?", of="Ida Lens")
    world.at("11 May 17:00").call("lens", impact=2, urgency=2, **CALL)
    world.event("glass", "reviewed")
    world.at("11 May 17:30")
    the_list_before_closing(world)
    what_was_done_on_wednesday(world)
    world.at("17 May 07:00")
    the_week_in_figures(world)


def written(world: World, at: str) -> set[tuple[str, str]]:
    """The letters that were written at that instant."""
    found = world.get("/v1/letters", limit=200)["items"]
    return {(it["kind"], it["about"]) for it in found if instant(it["at"]) == world.local(at)}


def the_list_before_closing(world: World) -> None:
    text = world.mail("lena@west.example", "Shelf before closing: 1 breaks")
    said = [line for line in text.splitlines() if line.strip() and "http" not in line]
    assert "\n".join(said[1:-1]) == BEFORE_CLOSING.format(**world.numbers)
    links = {line.rpartition("/")[2] for line in text.splitlines() if "/tickets/" in line}
    assert links == {str(world.numbers[name]) for name in ("lens", "frame", "glass")}


def what_was_done_on_wednesday(world: World) -> None:
    world.at("12 May 09:00").by("kit", "lens", "claim")
    world.by("kit", "lens", "notes", text="A new lens is on its way.", to_client=True)
    world.at("12 May 09:30").by("kit", "lens", "resolve", resolution="a new lens")
    world.by("kit", "glass", "resume", because="she rang")
    world.at("12 May 09:40").by("kit", "glass", "resolve", resolution="clear glass")
    world.at("12 May 10:00").do("frame", "resolve", resolution="a new screw")
    for name in ("lens", "glass", "frame"):
        world.ended(name)


def the_week_in_figures(world: World) -> None:
    text = world.mail("nora@west.example", "The week 2027-W19 in figures")
    assert "From Mon 10 May 00:00 up to Mon 17 May 00:00, Europe/London." in text
    figures = [line for line in text.splitlines() if line.startswith("- ")]
    assert "\n".join(figures) == IN_FIGURES
