"""Link pictures and posters: drawn from the books, the same for everybody, whatever people typed."""

import struct

import pytest

from app.papers import kept
from app.papers.emblems import Ink, halves
from app.papers.fonts import drawable
from app.papers.press import draw
from app.papers.words import runs
from kernel.errors import Unavailable
from tests.web.reader import Reader
from tests.world import World

RED, GOLD = Ink("#aa0000", "#ffffff"), Ink("#ccaa00", "#ffffff")
# Markup of Typst and of pages, formulas, other directions, pictographs, and length.
NASTY = [
    '#panic("x") ]$\\ @a <b>',
    "=1+1",
    "</svg><script>",
    "ئۇيغۇر ئاپتونوم",
    "🎉🎉🎉",
    "汉" * 200,
    "A" * 200,
    "{{ 7*7 }}",
]


def size(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_event_and_project_has_a_link_picture_and_a_poster(
    reader: Reader, world: World, language: str
) -> None:
    world.pay(world.give(100_00))
    for place in ("/c/day", f"/c/day/p/{world.projects[0]}"):
        for kind, pixels in (("link", (1200, 630)), ("poster", (750, 1334))):
            reply = reader.http.get(f"{place}/{kind}.{language}.png")
            assert reply.status_code == 200 and reply.mimetype == "image/png"
            assert size(reply.data) == pixels and len(reply.data) < 250_000


def test_unknown_campaigns_and_projects_have_no_link_picture(reader: Reader) -> None:
    for path in (
        "/c/nowhere/link.zh.png",
        "/c/day/p/999999/link.zh.png",
        "/c/day/link.fr.png",
        "/c/day/flag.zh.png",
    ):
        assert reader.http.get(path).status_code == 404, path


def test_pages_name_their_preview(reader: Reader, world: World) -> None:
    world.pot(500_00)
    world.pay(world.give(100_00))
    with world.db.transaction() as tx:
        tx.run("UPDATE project SET name = :name", name='"><script>x</script>')
    page = reader.open(f"/c/day/p/{world.projects[0]}?lang=en")
    address = f"http://127.0.0.1/c/day/p/{world.projects[0]}"
    assert f'<link rel="canonical" href="{address}?lang=en">' in page
    assert f'<meta property="og:image" content="{address}/link.en.png">' in page
    assert "<script>x" not in page and "&#34;&gt;&lt;script&gt;" in page
    page = reader.open("/c/day?lang=zh")
    assert '<meta property="og:title" content="公益日，已经筹到 200 元">' in page
    assert "现在还有配捐，先到先得，付款前写明。" in page
    assert '<meta property="og:title" content="捐给一个村">' in reader.open("/?lang=zh")
    assert reader.http.get("/favicon.ico").data[:4] == b"\x00\x00\x01\x00"


def test_a_picture_is_drawn_once_for_all_until_its_words_change() -> None:
    drawings = []

    def count(words: object) -> bytes:
        drawings.append(words)
        return b"drawn %d" % len(drawings)

    assert kept.kept(("a test",), {"sum": 1}, count) == kept.kept(("a test",), {"sum": 1}, count) == b"drawn 1"
    assert kept.kept(("a test",), {"sum": 2}, count) == b"drawn 1"  # young enough
    assert kept.kept(("a test", "2"), {"sum": 2}, count) == b"drawn 2"


def test_whatever_was_typed_is_set_as_text() -> None:
    for text in NASTY:
        assert size(draw("link", words(text))) == (1200, 630), text


def words(text: str) -> dict[str, str]:
    return {
        "language": "zh",
        "brand": "倍善",
        "seal": "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'/>",
        "emblem": halves("meals", RED, GOLD, 40, "#999999"),
        "title": drawable(text),
        "place": drawable(text),
        "label": "已经筹到",
        "sum": "1",
        "unit": "元",
        "note": drawable(text),
    }


def test_a_paper_that_cannot_be_drawn_is_a_refusal() -> None:
    with pytest.raises(Unavailable, match="paper_unavailable"):
        draw("no-such-template", {})


def test_no_typeface_no_box() -> None:
    assert drawable("张伟🎉") == "张伟"
    assert drawable("ئۇيغۇر") == "ئۇيغۇر"
    assert drawable("🎉") == ""
    assert drawable("汉" * 300, 40) == "汉" * 39 + "…"


def test_runs_keep_values_apart_from_words() -> None:
    assert runs("捐给%(project)s。", project="一%(x)s\x02村") == [
        ("捐给", False),
        ("一%(x)s村", True),
        ("。", False),
    ]


@pytest.mark.parametrize("theme", ["meals", "lights", "other"])
def test_the_right_half_is_gold_as_far_as_there_is_match(theme: str) -> None:
    none, part, whole = (halves(theme, RED, GOLD, percent, "#999999") for percent in (0, 40, 100))
    assert "#ccaa00" not in none and "#999999" in none
    assert "#ccaa00" in part and "#999999" in part and 'y="120" width="106.1" height="86"' in part
    assert "#ccaa00" in whole and "#999999" not in whole
