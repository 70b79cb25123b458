"""Charts as SVG, drawn on the server. Shapes have attributes only, as the content security policy requires. Each
chart is beside a table with the same figures."""

from collections.abc import Sequence
from typing import NamedTuple

WIDTH, HEIGHT = 600, 120
_GAP = 1


class Bar(NamedTuple):
    """A rectangle of a chart, in chart units. `name`: the class that colours it; `title`: its tooltip."""

    x: float
    y: float
    width: float
    height: float
    name: str
    title: str


def stacked_bars(
    columns: Sequence[Sequence[int]], names: Sequence[str], titles: Sequence[str]
) -> tuple[list[Bar], int]:
    """Return the bars of stacked columns, and the sum of the highest column."""
    most = max((sum(parts) for parts in columns), default=0)
    step = WIDTH / max(len(columns), 1)
    bars = []
    for place, (parts, title) in enumerate(zip(columns, titles, strict=True)):
        floor = float(HEIGHT)
        for name, part in zip(names, parts, strict=True):
            height = round(part * HEIGHT / most, 2) if most else 0.0
            floor -= height
            if height:
                bars.append(
                    Bar(round(place * step, 2), round(floor, 2), round(step - _GAP, 2), height, name, title)
                )
    return bars, most
