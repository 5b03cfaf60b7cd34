"""The generated contracts are what the code says, and all of them are listed."""

import pytest

from tests.contract.generated import PRINTED_BY, REFERENCE, ROOT, drifted


@pytest.mark.parametrize("name", sorted(PRINTED_BY))
def test_a_generated_file_has_not_drifted(name):
    assert drifted(name) == ""


def test_every_machine_readable_reference_is_generated():
    """A contract that nobody generates is one that nobody keeps true."""
    found = {file.name for file in (ROOT / REFERENCE).glob("*.json")}
    assert found <= set(PRINTED_BY)
