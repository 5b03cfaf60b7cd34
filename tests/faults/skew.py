"""A replica whose wall clock is wrong, by libfaketime (Debian: libfaketime)."""

from collections.abc import Mapping
from pathlib import Path

PLACES = (
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/faketime/libfaketimeMT.so.1",
)
TRUE_CLOCK: Mapping[str, str] = {"LD_PRELOAD": "", "FAKETIME": ""}


def library() -> Path | None:
    """Where libfaketime is; None where it is not installed."""
    return next((path for place in PLACES if (path := Path(place)).exists()), None)


def wrong_clock(seconds: int) -> dict[str, str]:
    """Variables that put a process's wall clock `seconds` off; monotonic time stays true."""
    found = library()
    if found is None:
        raise FileNotFoundError("libfaketime is not installed (Debian: libfaketime)")
    return {
        "LD_PRELOAD": str(found),
        "FAKETIME": f"{seconds:+d}s",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_NO_CACHE": "1",
    }


def is_wrong(pid: int) -> bool:
    """Whether the process really runs with the library."""
    try:
        return "libfaketime" in Path(f"/proc/{pid}/maps").read_text()
    except OSError:
        return False
