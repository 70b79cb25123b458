"""`python -m bench [NAME ...]`: run all or some benchmarks, print a table, write `var/bench.json`."""

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from app.observability import logs
from bench import closing, console, costs, dry, matching, pages, partners, plans, readers, screening, settling
from bench.giving import hot_pot_http, hot_pot_sandbox, hot_pot_vs_rowlock
from bench.house import House, open_house
from bench.result import Result, save, table
from bench.under_attack import giving_under_attack

OUT = Path(os.environ.get("DATA_DIR") or "var") / "bench.json"

# The name of a result -> the benchmark that measures it. One benchmark may measure several.
BENCHMARKS: dict[str, Callable[[House], list[Result]]] = {
    "hot_pot_http": hot_pot_http,
    "hot_pot_vs_rowlock": hot_pot_vs_rowlock,
    "hot_pot_vs_counter": dry.hot_pot_vs_counter,
    "hot_pot_sandbox": hot_pot_sandbox,
    "giving_under_attack": giving_under_attack,
    "allocate": matching.run,
    "allocate_memory": matching.run,
    "settle": settling.run,
    "partner_batch_intake": partners.batches,
    "partner_batch_settled": partners.batches,
    "partner_shuffled": partners.shuffled,
    "partner_single": partners.single,
    "event_page": readers.reading,
    "project_page": readers.reading,
    "standings": readers.reading,
    "totals": readers.reading,
    "crowd": readers.crowd,
    "live_2000_p99": pages.live,
    "live_10000_p99": pages.live_many,
    "console_p95": console.run,
    "export_1m": console.run,
    "screen": screening.run,
    "screen_2x_growth": screening.run,
    "cold_over_warm": plans.run,
    "close_1m": closing.run,
    "close_10x_growth": closing.run,
}


def run(names: Sequence[str]) -> list[Result]:
    """Run each benchmark once, in the order of the table. Progress goes to stderr."""
    results: list[Result] = []
    wanted = {benchmark: name for name, benchmark in reversed(BENCHMARKS.items()) if name in names}
    with open_house() as house:
        house.alone = bool(names)
        for benchmark, name in reversed(wanted.items()):
            began = time.monotonic()
            print(f"{name} ...", end=" ", file=sys.stderr, flush=True)
            results += benchmark(house)
            print(f"{time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    return results


def main(names: Sequence[str]) -> int:
    """Return the exit code: 0, 1 if a target was missed, 2 for an unknown name. Raises for a wrong result."""
    if unknown := [name for name in names if name not in BENCHMARKS]:
        print(f"unknown: {', '.join(unknown)}; there are: {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    logs.configure("WARNING")
    results = run(names or list(BENCHMARKS))
    print(table(results) + costs.text(costs.costs_of(results)))
    save(OUT, results, replace=not names)
    return 1 if any(result.reached is False for result in results) else 0


def _stop(_signum: int, _frame: object) -> None:
    raise SystemExit(143)  # runs all `finally` blocks: the servers stop and the folder is deleted


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)
    sys.exit(main(sys.argv[1:]))
