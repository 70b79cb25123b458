"""Pictures for the demo's villages, made by a program like cut paper: flat shapes, few colours, no faces.

Coordinates refer to a sheet of 300 x 200.
"""

from collections.abc import Callable, Mapping

from app.demo.sheet import DARK, Sheet, at, house, person, smooth

PAPER, SAND, CLAY, EARTH = "#f6e8cd", "#dcc09a", "#c39a76", "#8f5d46"
RED, WINE, GOLD = "#a6211b", "#6e2330", "#edb541"
CREAM, SAGE, MOSS = "#fff6e3", "#a5a679", "#6d7a50"
NIGHT, DUSK, HAZE = "#1f2c3b", "#35506a", "#5d7688"


def kitchen() -> bytes:
    """A new stove under a window, and a villager trying the fire."""
    sheet = Sheet(CLAY)
    sheet.box(EARTH, 0, 158, 300, 200)
    sheet.shape(SAND, (58, 158), (112, 84), (176, 84), (150, 158))
    sheet.box(CREAM, 48, 20, 118, 84)
    for left, top, right, bottom in ((80, 20, 85, 84), (48, 49, 118, 54)):
        sheet.box(CLAY, left, top, right, bottom)
    sheet.box(WINE, 168, 96, 300, 200)
    sheet.box(DARK, 160, 88, 300, 98, 2)
    sheet.disc(DARK, 232, 88, 42, 26)
    sheet.box(DARK, 190, 86, 274, 90)
    sheet.disc(EARTH, 232, 62, 46, 8)
    sheet.box(DARK, 227, 50, 237, 58, 3)
    for x in (210, 232, 254):
        sheet.strand(CREAM, 3.6, *smooth([(x, 44), (x + 6, 34), (x - 5, 22), (x + 3, 10)]))
    sheet.box(DARK, 208, 130, 262, 200, 24)
    sheet.disc(GOLD, 235, 178, 17, 22)
    sheet.disc("#d9662b", 235, 186, 10, 14)
    person(sheet, 128, 200, RED, 1.9)
    sheet.strand(RED, 13, (146, 152), (166, 134), (186, 124))
    return sheet.saved()


def table() -> bytes:
    """Villagers at a long table, with the hills behind."""
    sheet = Sheet(PAPER)
    sheet.disc(GOLD, 232, 48, 20)
    sheet.hill(SAND, (0, 96), (50, 62), (104, 92), (160, 58), (226, 90), (300, 66))
    sheet.hill(SAGE, (0, 122), (60, 104), (140, 120), (230, 100), (300, 116))
    house(sheet, 18, 132, 1.3, (CREAM, WINE, EARTH))
    house(sheet, 236, 128, 1.2, (CREAM, RED, EARTH))
    sheet.hill(CLAY, (0, 138), (120, 132), (300, 140))
    for x, coat in ((62, RED), (112, EARTH), (164, WINE), (216, MOSS)):
        person(sheet, x, 172, coat, 1.15)
    sheet.box(DARK, 26, 156, 274, 164, 2)
    for x in (42, 140, 252):
        sheet.box(DARK, x, 164, x + 7, 200)
    for x in (88, 140, 190):
        sheet.disc(CREAM, x, 152, 9, 5)
        sheet.disc(RED, x, 149, 7, 3)
    return sheet.saved()


def classroom() -> bytes:
    """An old classroom with a new wall, shelves and desks."""
    sheet = Sheet("#e9d3b0")
    sheet.box(EARTH, 0, 150, 300, 200)
    sheet.box(DARK, 40, 24, 172, 98, 3)
    sheet.box("#3f5548", 45, 29, 167, 93)
    sheet.disc(GOLD, 70, 54, 12)
    for angle in ((70, 34, 70, 40), (70, 68, 70, 74), (50, 54, 56, 54), (84, 54, 90, 54)):
        sheet.strand(GOLD, 2.4, angle[:2], angle[2:])
    for x, height in ((104, 22), (122, 30), (140, 18)):
        sheet.strand(SAGE, 2.6, (x, 88), (x, 88 - height))
        for dx, dy in ((-5, 0), (5, 0), (0, -5), (0, 5)):
            sheet.disc("#c8475b", x + dx, 88 - height + dy, 4.2)
        sheet.disc(GOLD, x, 88 - height, 3)
    sheet.box(WINE, 198, 22, 286, 150, 2)
    for row in range(3):
        sheet.box("#e9d3b0", 203, 27 + 42 * row, 281, 62 + 42 * row)
        for number in range(9):
            colour = (RED, GOLD, MOSS, DUSK, CLAY, WINE, "#c8475b", EARTH, SAGE)[(number * 4 + row * 3) % 9]
            sheet.box(colour, 205 + 8.4 * number, 32 + 42 * row + number % 3 * 2, 212 + 8.4 * number, 62 + 42 * row)
    for x, y in ((24, 150), (112, 150), (64, 172), (158, 172)):
        sheet.box("#b98552", x, y, x + 70, y + 7, 1)
        sheet.box("#7d4a32", x + 5, y + 7, x + 10, y + 32)
        sheet.box("#7d4a32", x + 60, y + 7, x + 65, y + 32)
    sheet.box(CREAM, 124, 143, 142, 150)
    sheet.box(RED, 84, 165, 100, 172)
    return sheet.saved()


def school() -> bytes:
    """A small school under a tree."""
    sheet = Sheet("#f3dcc0")
    sheet.disc(CREAM, 66, 46, 22)
    sheet.hill("#dcb98f", (0, 92), (70, 66), (150, 94), (236, 60), (300, 84))
    sheet.hill("#c9a06f", (0, 118), (90, 104), (190, 116), (300, 102))
    sheet.box(CREAM, 62, 92, 204, 152)
    sheet.shape(RED, (48, 96), (76, 66), (190, 66), (218, 96))
    for x in (76, 104, 164):
        sheet.box(DUSK, x, 108, x + 16, 128)
        sheet.box(CREAM, x + 7, 108, x + 9, 128)
    sheet.box(WINE, 134, 108, 152, 152)
    sheet.hill(EARTH, (0, 152), (150, 148), (300, 152))
    sheet.box(DARK, 228, 40, 231, 154)
    sheet.shape(RED, (231, 42), (262, 48), (231, 60))
    sheet.strand("#5b3a28", 9, (270, 158), (268, 112))
    for x, y, radius in ((268, 92, 27), (246, 106, 17), (289, 108, 20), (276, 72, 18)):
        sheet.disc(MOSS, x, y, radius)
    for x, y, radius in ((262, 86, 3), (276, 98, 3), (284, 82, 3), (252, 104, 3), (290, 112, 3)):
        sheet.disc("#c8475b", x, y, radius)
    sheet.strand(SAND, 3, (20, 186), (60, 172), (104, 186))
    for x, coat in ((30, RED), (58, GOLD), (92, DUSK)):
        person(sheet, x, 188, coat, 0.62)
    return sheet.saved()


def lamps() -> bytes:
    """Lamps along a road at night."""
    sheet = Sheet(NIGHT)
    sheet.disc("#f3e3bd", 56, 36, 13)
    sheet.disc(NIGHT, 62, 32, 12)
    for x, y in ((98, 22), (142, 40), (186, 18), (232, 34), (274, 16), (28, 70), (120, 62), (206, 56)):
        sheet.disc("#d7c9a4", x, y, 1.1)
    sheet.hill("#2a3d52", (0, 98), (60, 70), (124, 100), (190, 66), (250, 92), (300, 74))
    sheet.hill("#1a2733", (0, 124), (80, 112), (170, 124), (300, 110))
    house(sheet, 12, 134, 1.0, ("#31434f", "#141d26", GOLD))
    house(sheet, 60, 128, 0.8, ("#31434f", "#141d26", GOLD))
    sheet.hill("#26323a", (0, 140), (150, 132), (300, 142))
    sheet.shape("#4b4a48", (118, 136), (134, 136), (262, 200), (60, 200))
    for x, foot, size in ((150, 142, 0.5), (186, 160, 0.78), (244, 190, 1.25)):
        top = foot - 84 * size
        sheet.shape(
            "#6b5f43", (x - 22 * size, top + 5), (x - 12 * size, top + 5), *at(x, foot, size, (8, 0), (-64, 0))
        )
        sheet.strand("#10171d", 4 * size, (x, foot), (x, top), (x - 16 * size, top))
        sheet.disc("#ffe9a8", x - 17 * size, top + 4 * size, 9 * size, 4.5 * size)
        sheet.shape("#10171d", *at(x, top, size, (3, -14), (22, -6), (18, -1), (-1, -9)))
    person(sheet, 128, 190, RED, 0.8)
    person(sheet, 152, 190, "#b98552", 0.55)
    return sheet.saved()


def bridge() -> bytes:
    """Villagers putting up a lamp by a bridge at dusk."""
    sheet = Sheet("#e7b98a")
    sheet.disc("#f6dfa6", 214, 92, 30)
    sheet.hill("#b9785a", (0, 98), (60, 66), (130, 98), (210, 78), (300, 100))
    sheet.hill("#8a4f45", (0, 122), (80, 104), (180, 122), (300, 108))
    house(sheet, 232, 128, 1.2, ("#6e3b36", "#3b2226", GOLD))
    sheet.hill("#5b3a38", (0, 140), (140, 132), (300, 140))
    sheet.shape("#54748a", (0, 186), (300, 172), (300, 200), (0, 200))
    for y in (191, 197):
        sheet.strand("#84a0b0", 2, *smooth([(20, y), (50, y - 3), (80, y), (110, y - 3), (140, y)]))
    over, under = [(150, 160), (196, 134), (244, 132), (310, 146)], [(310, 166), (244, 150), (196, 156), (168, 176)]
    sheet.shape("#3b2226", *smooth(over), *smooth(under))
    sheet.strand(DARK, 5, (108, 172), (108, 46), (84, 46))
    sheet.disc("#ffe9a8", 82, 51, 11, 5.5)
    sheet.shape(DUSK, (112, 32), (142, 42), (136, 50), (106, 40))
    sheet.strand("#c39a76", 3.4, (146, 176), (112, 78))
    sheet.strand("#c39a76", 3.4, (160, 176), (120, 78))
    for step in range(5):
        sheet.strand("#c39a76", 2.4, (139 - 7 * step, 160 - 18 * step), (151 - 8 * step, 160 - 18 * step))
    person(sheet, 70, 186, RED, 1.2)
    person(sheet, 178, 188, GOLD, 1.15)
    person(sheet, 130, 120, "#54748a", 0.8)
    return sheet.saved()


def spring() -> bytes:
    """A village tap below terraced fields."""
    sheet = Sheet("#efe1c6")
    sheet.hill("#d6c49a", (0, 74), (70, 42), (150, 72), (236, 40), (300, 62))
    for number, colour in enumerate(("#b9b27c", "#9aa067", "#7f8a58", "#667448")):
        y = 84 + 18 * number
        sheet.hill(colour, (0, y + 10), (80, y - 6), (170, y + 8), (250, y - 8), (300, y + 4))
    sheet.hill(EARTH, (0, 158), (150, 152), (300, 158))
    sheet.box("#b7a48e", 120, 132, 232, 200, 4)
    sheet.box("#d7c7b1", 112, 126, 240, 140, 3)
    sheet.disc("#7fa6b8", 176, 134, 46, 5)
    sheet.box(DARK, 170, 44, 184, 128, 3)
    sheet.strand(DARK, 12, (176, 62), (206, 62), (206, 78))
    sheet.strand(RED, 6, (156, 40), (198, 40))
    sheet.box(RED, 173, 38, 181, 48)
    sheet.strand("#7fa6b8", 6, (206, 86), (206, 132))
    sheet.disc("#b5d0da", 206, 134, 14, 3)
    person(sheet, 72, 200, WINE, 1.7)
    sheet.strand(WINE, 11, (88, 158), (112, 144), (128, 138))
    sheet.shape("#54748a", (128, 140), (152, 140), (148, 166), (132, 166))
    sheet.strand(DARK, 2, *smooth([(129, 140), (140, 124), (151, 140)]))
    return sheet.saved()


def pipes() -> bytes:
    """Villagers laying a new pipe up the hill to the cistern."""
    sheet = Sheet("#f1e0bf")
    sheet.disc(GOLD, 58, 44, 17)
    sheet.hill("#d9bd8c", (0, 110), (70, 84), (150, 70), (226, 40), (300, 34))
    sheet.hill("#b98f63", (0, 150), (90, 120), (170, 104), (240, 76), (300, 66))
    sheet.box("#c9bba4", 226, 40, 282, 80, 3)
    sheet.box("#8f8574", 220, 34, 288, 44, 2)
    sheet.hill("#8f5d46", (0, 184), (80, 160), (170, 140), (250, 112), (300, 98))
    sheet.strand("#3d2a22", 13, *smooth([(0, 190), (80, 170), (160, 150), (230, 116), (256, 80)]))
    sheet.strand("#6f9bb0", 7, *smooth([(0, 190), (80, 170), (160, 150), (230, 116), (256, 80)]))
    for x, y in ((80, 170), (160, 150), (228, 117)):
        sheet.disc(DARK, x, y, 6)
    for x, foot, coat, size in ((54, 166, RED, 1.15), (132, 142, WINE, 1.05), (192, 124, DUSK, 0.95)):
        person(sheet, x, foot, coat, size)
        sheet.strand("#5b3a28", 3, *at(x, foot, size, (10, -22), (26, 8)))
        sheet.shape(DARK, *at(x, foot, size, (22, 4), (32, 4), (27, 16)))
    for x, y, radius in ((20, 150, 9), (286, 108, 8), (108, 186, 6), (214, 170, 10)):
        sheet.disc(MOSS, x, y, radius, radius * 0.7)
    return sheet.saved()


Scene = Callable[[], bytes]
# Per theme: the place, for a cover; the work, for the latest news.
SCENES: Mapping[str, tuple[Scene, Scene]] = {
    "meals": (table, kitchen),
    "children": (school, classroom),
    "lights": (lamps, bridge),
    "water": (spring, pipes),
}
