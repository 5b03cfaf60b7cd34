"""The benchmarks: `python -m bench [--only NAME] [--smoke] [--long] [--list] [--markdown]`.

Every part starts what it needs on loopback and removes it. The results are a table, and a JSON file
in bench/results. A missed target is printed as SHORT and is no failure; a part that breaks is.
"""

import argparse
import asyncio
import os
import signal
import sys
import time
import traceback
from dataclasses import replace
from typing import Any

import uvloop

from bench import output
from bench.machine import facts
from bench.parts import PARTS, Part
from bench.rows import SHORT, Row
from bench.scale import FULL, SMOKE, Scale


def main() -> int:
    """0 when every part ran, 1 when one broke, 2 for a wrong call."""
    chosen = _arguments()
    parts = _parts(chosen)
    if chosen.list:
        for part in PARTS:
            print(f"{part.name:16}{'long  ' if part.long else '      '}{part.measures}")
        return 0
    signal.signal(signal.SIGTERM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
    scale = SMOKE if chosen.smoke else FULL
    if chosen.minutes:
        scale = replace(scale, soak_minutes=chosen.minutes)
    machine = facts()
    print("  ".join(f"{name}: {value}" for name, value in machine.items()))
    print(output.header(), flush=True)
    results, broken = _run_all(parts, scale)
    path = output.write_json(output.document(machine, results))
    if chosen.markdown:
        page = output.PAGES[any(part.long for part in parts)]
        page.write_text(output.markdown(machine, results))
    _sum_up(results, broken, str(path))
    return 1 if broken else 0


def _arguments() -> Any:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Tierline's benchmarks.")
    parser.add_argument("--only", action="append", metavar="NAME", help="this part; repeatable")
    parser.add_argument("--smoke", action="store_true", help="every part small, in seconds")
    parser.add_argument("--long", action="store_true", help="the long parts instead of the others")
    parser.add_argument("--list", action="store_true", help="name the parts and end")
    parser.add_argument("--minutes", type=float, help="how long the soak takes (default 20)")
    parser.add_argument(
        "--markdown", action="store_true", help="write RESULTS.md, or RESULTS-LONG.md"
    )
    return parser.parse_args()


def _parts(chosen: Any) -> list[Part]:
    unknown = set(chosen.only or ()) - {part.name for part in PARTS}
    if unknown:
        sys.stderr.write(f"no such part: {', '.join(sorted(unknown))}; see --list\n")
        raise SystemExit(2)
    if chosen.only:
        return [part for part in PARTS if part.name in chosen.only]
    return [part for part in PARTS if part.long == chosen.long]


def _run_all(parts: list[Part], scale: Scale) -> tuple[dict[str, list[Row]], list[str]]:
    results: dict[str, list[Row]] = {}
    broken: list[str] = []
    for place, part in enumerate(parts, start=1):
        began = time.monotonic()

        def say(text: str, part: Part = part, began: float = began) -> None:
            sys.stderr.write(f"  {part.name} {time.monotonic() - began:5.1f} s  {text}\n")

        sys.stderr.write(f"[{place}/{len(parts)}] {part.name}: {part.measures}\n")
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                results[part.name] = runner.run(part.measure(scale, say))
        except Exception:
            traceback.print_exc()
            broken.append(part.name)
            continue
        for row in results[part.name]:
            print(output.line(row), flush=True)
        say("done")
    return results, broken


def _sum_up(results: dict[str, list[Row]], broken: list[str], path: str) -> None:
    rows = [row for part in results.values() for row in part]
    judged = [row for row in rows if row.verdict]
    short = [row for row in judged if row.verdict == SHORT]
    print(f"{len(judged) - len(short)} of {len(judged)} targets reached; {path}")
    for name in broken:
        print(f"BROKEN: {name}")


if __name__ == "__main__":
    sys.exit(main())
