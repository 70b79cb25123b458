"""Sheets of coloured paper, shapes to cut from them, and elements that scenes share: people from behind, houses."""

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw

SIZE = (300, 200)
SCALE = 8  # pixels per unit while drawing; halved at the end, so that edges are smooth
DARK = "#35201a"
Point = tuple[float, float]


class Sheet:
    """A sheet of paper to put shapes on."""

    def __init__(self, ground: str) -> None:
        self._image = Image.new("RGB", (SIZE[0] * SCALE, SIZE[1] * SCALE), ground)
        self._pen = ImageDraw.Draw(self._image)

    def shape(self, colour: str, *points: Point) -> None:
        self._pen.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=colour)

    def box(self, colour: str, left: float, top: float, right: float, bottom: float, radius: float = 0) -> None:
        edges = (left * SCALE, top * SCALE, right * SCALE, bottom * SCALE)
        self._pen.rounded_rectangle(edges, radius * SCALE, fill=colour)

    def disc(self, colour: str, x: float, y: float, radius: float, tall: float | None = None) -> None:
        height = radius if tall is None else tall
        edges = ((x - radius) * SCALE, (y - height) * SCALE, (x + radius) * SCALE, (y + height) * SCALE)
        self._pen.ellipse(edges, fill=colour)

    def strand(self, colour: str, width: float, *points: Point) -> None:
        """Draw a line through points, with round ends and bends."""
        bends = [(x * SCALE, y * SCALE) for x, y in points]
        self._pen.line(bends, fill=colour, width=round(width * SCALE), joint="curve")
        for x, y in points:
            self.disc(colour, x, y, width / 2)

    def hill(self, colour: str, *points: Point) -> None:
        """Draw a smooth silhouette through points, from the left to the right edge and down to the bottom."""
        line = smooth([(-10, points[0][1]), *points, (310, points[-1][1])])
        self.shape(colour, (-10, 210), *line, (310, 210))

    def saved(self) -> bytes:
        file = io.BytesIO()
        self._image.reduce(2).save(file, "PNG", compress_level=1)
        return file.getvalue()


def at(x: float, y: float, size: float, *points: Point) -> list[Point]:
    """Return points drawn around the origin, scaled and moved."""
    return [(x + dx * size, y + dy * size) for dx, dy in points]


def smooth(points: Sequence[Point], steps: int = 14) -> list[Point]:
    """Return a smooth curve through points (Catmull-Rom)."""
    curve: list[Point] = []
    padded = [points[0], *points, points[-1]]
    for near in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        xs, ys = zip(*near, strict=True)
        curve += [(_between(step / steps, *xs), _between(step / steps, *ys)) for step in range(steps)]
    return [*curve, points[-1]]


def _between(t: float, a: float, b: float, c: float, d: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)


def person(sheet: Sheet, x: float, foot: float, coat: str, size: float = 1.0) -> None:
    """Draw a person from behind."""
    left, right = ((-15, 0), (-13, -24), (-8, -33)), ((8, -33), (13, -24), (15, 0))
    sheet.shape(coat, *smooth(at(x, foot, size, *left, *right)))
    sheet.disc(DARK, x, foot - 41 * size, 9 * size, 9.6 * size)


def house(sheet: Sheet, x: float, ground: float, size: float, colours: tuple[str, str, str]) -> None:
    """Draw a house: wall, roof, window and door."""
    wall, roof, light = colours
    sheet.box(wall, x, ground - 20 * size, x + 34 * size, ground)
    left, right = ((-6, -18), (6, -26), (17, -34)), ((17, -34), (28, -26), (40, -18))
    sheet.shape(roof, *smooth(at(x, ground, size, *left)), *smooth(at(x, ground, size, *right)))
    sheet.box(light, x + 6 * size, ground - 14 * size, x + 14 * size, ground - 7 * size)
    sheet.box(light, x + 20 * size, ground - 14 * size, x + 28 * size, ground)
