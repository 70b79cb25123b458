"""A link picture with the photo of its project: cut about its focus, without it when the store has none."""

import io
from pathlib import Path

import pytest
from PIL import Image

from app.bucket import BucketStore
from app.papers.link_photo import HEIGHT, WIDTH, as_jpeg, photo_bytes, placed
from app.papers.press import draw
from campaigns.disclosure.pictures import Picture
from campaigns.projects.picture_file import rewrite
from campaigns.projects.pictures import file_name
from kernel.files import FileStore, FolderStore
from tests.papers.test_pictures import NASTY, words

BLUE, GREEN = (20, 40, 200), (20, 160, 60)


def photo(focus_x: int = 5, focus_y: int = 5, size: tuple[int, int] = (1440, 800)) -> Picture:
    return Picture(1, "a" * 32, *size, focus_x, focus_y, "", "", None, "none", 1)


def two_halves() -> bytes:
    picture = Image.new("RGB", (1440, 800), BLUE)
    picture.paste(GREEN, (720, 0, 1440, 800))
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def seen(picture: bytes, *point: int) -> tuple[int, ...]:
    """The colour at a point, as one of the two that it must be."""
    pixel = Image.open(io.BytesIO(picture)).convert("RGB").getpixel((point[0], point[1]))
    assert isinstance(pixel, tuple)
    return min(BLUE, GREEN, key=lambda colour: sum(abs(a - b) for a, b in zip(colour, pixel, strict=True)))


@pytest.mark.parametrize(("focus", "left", "right"), [(0, BLUE, BLUE), (5, BLUE, GREEN), (10, GREEN, GREEN)])
def test_the_photo_is_cut_about_its_focus(focus: int, left: tuple[int, ...], right: tuple[int, ...]) -> None:
    data = list(rewrite(two_halves()).renditions[1440])
    drawn = draw("link-photo", {**words(NASTY[0]), **placed(photo(focus)), "photo": data})
    for picture in (drawn, as_jpeg(drawn)):
        assert (seen(picture, 100, 60), seen(picture, 540, 560)) == (left, right)
    assert len(as_jpeg(drawn)) < 100_000


@pytest.mark.parametrize("size", [(1440, 800), (400, 2_000), (320, 320), (1440, 10)])
@pytest.mark.parametrize("focus", [0, 3, 10])
def test_a_photo_covers_its_place(size: tuple[int, int], focus: int) -> None:
    place = placed(photo(focus, focus, size))
    width = place["photo-width"]
    height = width * size[1] / size[0]
    assert place["photo-left"] <= 0.01 and place["photo-left"] + width >= WIDTH - 0.01
    assert place["photo-top"] <= 0.01 and place["photo-top"] + height >= HEIGHT - 0.01


def test_the_smallest_file_that_is_large_enough(tmp_path: Path) -> None:
    store: FileStore = FolderStore(tmp_path)
    for width in (360, 720, 1440):
        store.write(file_name("a" * 32, width), b"%d" % width)
    assert photo_bytes(store, photo(size=(1440, 1440))) == b"720"
    assert photo_bytes(store, photo(size=(1440, 960))) == b"1440"
    assert photo_bytes(store, photo(size=(400, 300))) == b"1440"
    assert photo_bytes(BucketStore("http://key:secret@127.0.0.1:1/pictures"), photo()) is None
    assert photo_bytes(FolderStore(tmp_path / "other"), photo()) is None
