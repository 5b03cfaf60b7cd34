"""Each subject that Tierline serves, told to one running stack: see `subjects`.

They come in the order of their dates. Alone, each begins at its own.
"""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.scenarios.subjects import (
    assignment,
    closing,
    letters,
    loop,
    major,
    new_policy,
    paths,
    people,
    records,
    vendor,
    why,
)
from tests.scenarios.subjects.world import World, world_in

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

SUBJECTS = (
    records,
    assignment,
    paths,
    vendor,
    major,
    people,
    closing,
    why,
    loop,
    letters,
    new_policy,
)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """The one stack, its time held."""
    with (
        tempfile.TemporaryDirectory(prefix="tierline-subjects-") as folder,
        world_in(Path(folder)) as world,
    ):
        world.at("1 Mar 08:00")
        for subject in (assignment, paths, people):
            subject.arrange(world)
        world.changed()
        yield world


@pytest.mark.parametrize("subject", SUBJECTS, ids=lambda it: it.__name__.rpartition(".")[2])
def test_it_comes_as_promised(world: World, subject: ModuleType) -> None:
    subject.play(world)
