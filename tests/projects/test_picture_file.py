"""What comes in as a picture is decoded and written anew, or refused; only its pixels are kept."""

import io
from typing import Any

import pytest
from PIL import Image

from campaigns.projects.picture_file import MOST_BYTES, MOST_BYTES_OF, WIDTHS, rewrite
from kernel.errors import Invalid
from tests.projects.photos import bomb, noise, photo, telling_photo

SCRIPT = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def fault_of(data: bytes) -> str:
    with pytest.raises(Invalid) as refused:
        rewrite(data)
    assert refused.value.code == "picture_invalid"
    return refused.value.fields["file"].code


def test_three_widths_and_no_trace_of_who_where_when() -> None:
    data = telling_photo()
    assert b"SECRET-CAMERA" in data and b"SECRET-COMMENT" in data, "the control"
    made = rewrite(data)
    assert (made.width, made.height) == (1200, 1600), "upright, and not made larger"
    for width, file in made.renditions.items():
        assert b"SECRET" not in file and b"EXIF" not in file and b"ICCP" not in file and b"XMP" not in file
        picture = Image.open(io.BytesIO(file))
        assert picture.format == "WEBP" and picture.width == min(width, made.width)
        assert not picture.getexif()
        top = picture.getpixel((picture.width // 2, 5))
        assert isinstance(top, tuple) and top[0] > 150 > top[1], "its left side is on top now"


def test_every_file_is_small_even_of_noise() -> None:
    made = rewrite(noise())
    assert set(made.renditions) == set(WIDTHS)
    for width, file in made.renditions.items():
        assert len(file) <= MOST_BYTES_OF[width], width


def test_noise_takes_no_more_encodings_than_a_search_by_halves(monkeypatch: pytest.MonkeyPatch) -> None:
    upload, save, encodings = noise(), Image.Image.save, []

    def counted(picture: Image.Image, *to: Any, **how: Any) -> None:
        encodings.append(how["quality"])
        save(picture, *to, **how)

    monkeypatch.setattr(Image.Image, "save", counted)
    rewrite(upload)
    assert 3 < len(encodings) <= 15, encodings


@pytest.mark.parametrize("form", ["PNG", "WEBP", "JPEG"])
def test_the_formats_that_people_have(form: str) -> None:
    assert rewrite(photo((400, 500), form)).width == 400


def test_transparency_becomes_white() -> None:
    file = io.BytesIO()
    Image.new("RGBA", (400, 400), (0, 0, 0, 0)).save(file, "PNG")
    made = Image.open(io.BytesIO(rewrite(file.getvalue()).renditions[360]))
    assert made.getpixel((10, 10)) == (255, 255, 255)


def test_a_tower_is_not_taller_than_a_page() -> None:
    made = rewrite(photo((400, 4_000)))
    assert made.height <= 1.5 * 1440


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "required"),
        (SCRIPT, "picture_unreadable"),
        (b"<html><script>alert(1)</script>", "picture_unreadable"),
        (b"GIF89a" + bytes(2_000), "picture_unreadable"),
        (photo()[:5_000], "picture_unreadable"),
        (photo((400, 400), "PNG")[:900], "picture_unreadable"),
        (photo((400, 400), "GIF"), "picture_unreadable"),
        (photo((400, 400), "TIFF"), "picture_unreadable"),
        (bomb(), "picture_too_large"),
        (bomb(8_000), "picture_too_large"),
        (photo((300, 2_000)), "picture_too_small"),
        (bytes(MOST_BYTES + 1), "picture_too_heavy"),
    ],
)
def test_an_unsupported_picture_is_refused(data: bytes, expected: str) -> None:
    assert fault_of(data) == expected


def test_a_script_hidden_in_a_picture_does_not_survive() -> None:
    hidden = photo((400, 400), "JPEG", comment=SCRIPT) + SCRIPT
    assert b"alert(1)" in hidden
    assert all(b"alert" not in file for file in rewrite(hidden).renditions.values())
