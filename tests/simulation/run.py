"""Runs seeds of the simulation: `python -m tests.simulation.run --seeds 1000`.

A seed that fails is printed with the command that runs it again and the end of its trace, and is
added to `seeds.txt`, which the test suite runs first.
"""

import argparse
import gc
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from tests.simulation.life import Result, live
from tests.simulation.planted import PLANTED

KEPT = Path(__file__).with_name("seeds.txt")
CHUNK = 10
"""Seeds that one worker is given at once."""

PROGRESS_S = 10.0
SHOWN_MAX = 5
"""Failing seeds whose trace is printed; the others are only named."""


@dataclass(slots=True)
class Summary:
    """What became of all seeds so far."""

    seeds: int = 0
    cpu_s: float = 0.0
    policy_s: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    classes: Counter[str] = field(default_factory=Counter)
    failed: list[Result] = field(default_factory=list)

    def add(self, result: Result) -> None:
        """Count one."""
        self.seeds += 1
        self.cpu_s += result.cpu_s
        self.policy_s += result.policy_s
        self.counts.update(result.counts)
        self.classes.update(result.classes)
        if result.violations:
            self.failed.append(result)

    def text(self) -> str:
        """In words, for people."""
        crashes = {
            name.removeprefix("crash: "): count
            for name, count in self.counts.most_common()
            if name.startswith("crash: ")
        }
        rest = {name: n for name, n in self.counts.most_common() if not name.startswith("crash: ")}
        return "\n".join(
            (
                self._first_line(),
                "what happened: " + _listed(rest),
                "seeds with each class of faults: " + _listed(dict(self.classes.most_common())),
                f"crashes by place ({len(crashes)} places): " + _listed(crashes),
            )
        )

    def _first_line(self) -> str:
        return (
            f"{self.seeds} seeds, {len(self.failed)} failed; {self.policy_s / 3600:,.0f} hours "
            f"of policy time, {self.cpu_s:,.0f} s of processor time "
            f"({self.cpu_s / max(self.seeds, 1):.2f} s a seed)"
        )


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


def run_some(seeds: list[int], planted: str = "") -> list[Result]:
    """The results of some seeds, one after the other."""
    results = []
    for seed in seeds:
        with plant_named(planted)():
            results.append(live(seed))
        gc.collect()
    return results


def plant_named(name: str):
    """How that fault is planted; of an empty name: nothing is."""
    if not name:
        return nullcontext
    found = [one.planted for one in PLANTED if name in one.name]
    if len(found) != 1:
        raise SystemExit(f"{len(found)} planted faults have {name!r} in their name")
    return found[0]


def kept_seeds() -> list[int]:
    """The seeds that failed once, or show something rare."""
    lines = KEPT.read_text().splitlines() if KEPT.exists() else []
    return [int(line.split()[0]) for line in lines if line and not line.startswith("#")]


def keep(result: Result) -> None:
    """Add a seed that failed to those that are run first, with why."""
    if result.seed not in kept_seeds():
        with KEPT.open("a") as file:
            file.write(f"{result.seed}  {result.violations[0][:120]}\n")


def _all(seeds: list[int], jobs: int, planted: str) -> Iterator[Result]:
    chunks = [seeds[at : at + CHUNK] for at in range(0, len(seeds), CHUNK)]
    if jobs == 1:
        for chunk in chunks:
            yield from run_some(chunk, planted)
        return
    with ProcessPoolExecutor(jobs) as pool:
        for done in as_completed([pool.submit(run_some, chunk, planted) for chunk in chunks]):
            yield from done.result()


def _follow(results: Iterable[Result], total: int) -> Summary:
    summary, began = Summary(), time.monotonic()
    said = began
    for result in results:
        summary.add(result)
        now = time.monotonic()
        if now - said > PROGRESS_S:
            said = now
            rate = summary.seeds / (now - began)
            print(
                f"{summary.seeds} of {total}, {len(summary.failed)} failed, {rate:.1f}/s",
                flush=True,
            )
    return summary


def _show(result: Result, *, again: str) -> None:
    print(f"\nseed {result.seed} failed; the mix was {', '.join(result.classes) or 'nothing'}")
    print("\n".join(result.lines))
    for violation in result.violations:
        print(f"  {violation}")
    print(f"  again: {again} --seed {result.seed} --trace")


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.run", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--seed", type=int, help="only this one")
    parser.add_argument("--trace", action="store_true", help="with --seed: print all that happened")
    parser.add_argument("--planted", default="", help="with this fault planted (part of its name)")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """0 when every seed passed, 1 otherwise."""
    options = _options(arguments)
    again = "python -m tests.simulation.run"
    if options.seed is not None:
        with plant_named(options.planted)():
            result = live(options.seed, everything=options.trace)
        if options.trace and not result.violations:
            print("\n".join(result.lines))
        if result.violations:
            _show(result, again=again)
        print(f"seed {options.seed}: trace {result.digest}, {len(result.violations)} violations")
        return 1 if result.violations else 0
    seeds = list(range(options.first, options.first + options.seeds))
    summary = _follow(_all(seeds, options.jobs, options.planted), len(seeds))
    for result in sorted(summary.failed, key=lambda one: one.seed)[:SHOWN_MAX]:
        _show(result, again=again)
    if summary.failed and not options.planted:
        for result in summary.failed:
            keep(result)
        print("failing seeds:", *sorted(one.seed for one in summary.failed))
    print(summary.text())
    return 1 if summary.failed else 0


def same_hashes() -> None:
    """Run again with a fixed PYTHONHASHSEED: the order of sets must be the same in each process."""
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "tests.simulation.run", *sys.argv[1:]])


if __name__ == "__main__":
    same_hashes()
    sys.exit(main())
