"""The results of benchmarks: the table on the screen and `var/bench.json`."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

KEYS = ("name", "value", "unit", "baseline", "ratio")


class Result(NamedTuple):
    """One figure. `baseline` is in the same unit and `ratio` is value / baseline; both are None without a baseline.

    `target` is the wanted figure. `target_of` says whether it is for the `value` or the `ratio`, as a minimum, or a
    maximum (`most` for the value, `ratio_most`).
    """

    name: str
    value: float
    unit: str
    baseline: float | None = None
    target: float | None = None
    target_of: str = "value"
    note: str = ""  # what the baseline is
    costs: Mapping[str, float] = MappingProxyType({})  # operation -> processor microseconds
    shown: bool = True  # False: the condition to measure under did not occur, so the figure proves nothing

    @property
    def ratio(self) -> float | None:
        return self.value / self.baseline if self.baseline else None

    @property
    def reached(self) -> bool | None:
        """Whether the target is met; None without a target. A figure that proves nothing does not meet it."""
        value = self.ratio if self.target_of.startswith("ratio") else self.value
        if self.target is None or value is None:
            return None
        if not self.shown:
            return False
        return value <= self.target if self.target_of.endswith("most") else value >= self.target

    def as_json(self) -> dict[str, Any]:
        """Return the form of the public contract."""
        values = (self.name, _short(self.value), self.unit, _short(self.baseline), _short(self.ratio))
        return dict(zip(KEYS, values, strict=True))


def _short(number: float | None) -> float | None:
    """Round to four significant digits, because more would pretend a precision that a shared machine does not
    have."""
    return None if number is None else float(f"{number:.4g}")


def _shown(number: float | None) -> str:
    if number is None:
        return "-"
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"


def table(results: Sequence[Result]) -> str:
    """Return the results as aligned text, one per line, with a line of explanation below where there is one."""
    rows = [("name", "value", "unit", "baseline", "ratio", "target")]
    rows += [(r.name, _shown(r.value), r.unit, _shown(r.baseline), _shown(r.ratio), _target(r)) for r in results]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    right = (1, 3, 4)
    lines = [
        "  ".join(
            c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    notes = [f"  {r.name}: {r.note}" for r in results if r.note]
    return "\n".join([*(line.rstrip() for line in lines), *(["", "Baselines and notes:"] if notes else []), *notes])


def _target(result: Result) -> str:
    if result.target is None:
        return ""
    bounds = {"most": "value <=", "ratio_most": "ratio <="}
    bound = bounds.get(result.target_of, f"{result.target_of} >=")
    outcome = "reached" if result.reached else "NOT reached" if result.shown else "not shown"
    return f"{bound} {_shown(result.target)}: {outcome}"


def save(path: Path, results: Iterable[Result], *, replace: bool) -> None:
    """Write the results as JSON. Without `replace`, entries of other names are kept."""
    kept: dict[str, Any] = {}
    if not replace and path.exists():
        kept = {result["name"]: result for result in json.loads(path.read_text())}
    kept |= {result.name: result.as_json() for result in results}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(list(kept.values()), ensure_ascii=False, indent=2) + "\n")
