"""PURE. A picture from outside, decoded and written anew in three widths: only its pixels are kept.

No metadata survives: no place, no time, no camera, no thumbnail of what was cut away. What is no JPEG, PNG or WebP
is not even looked at (`formats`), so neither SVG nor anything else that could hold a script is ever stored.
"""

import io
import re
import struct
import zlib
from collections.abc import Mapping
from hashlib import blake2b
from typing import NamedTuple

from PIL import ExifTags, Image, ImageFilter, ImageOps

from kernel.errors import Fault, Invalid, fault

FORMATS = ("JPEG", "PNG", "WEBP")
MOST_BYTES = 12 << 20  # of the file that comes in; photos of phones have 2 to 8 MB
MOST_PIXELS = 50_000_000  # before anything is decoded
# What the decoder holds as a whole, several times over: all coefficients of a progressive JPEG (up to 8 bytes a
# pixel), canvas and frame of a WebP (16 bytes).
MOST_PIXELS_AT_ONCE = {"progressive": 25_000_000, "WEBP": 16_000_000}
MOST_SCANS = 100  # of a JPEG; programs write 10. Each goes over all pixels, and may have only some bytes
_SCAN = re.compile(rb"\xff\xda\x00(?:\x08\x01|\x0a\x02|\x0c\x03|\x0e\x04)")  # its head: length, components
LEAST_SIDE = 320  # pixels
TALLEST = 1.5  # height over width
WIDTHS = (360, 720, 1440)
MOST_BYTES_OF: Mapping[int, int] = {360: 30_000, 720: 80_000, 1440: 240_000}
_SPARE = 1.5  # how much larger than the largest width a reduced picture stays, so that it can be resized well
_STRIP = 64  # rows of a reduced picture
# Quality, and radius of a blur: what is still too large at the lowest quality is noise.
_ATTEMPTS = ((82, 0), (74, 0), (66, 0), (58, 0), (50, 0), (40, 0), (30, 0), (30, 1), (30, 2), (30, 4), (30, 16))
# What decoders raise for a file that is not as it should be.
_UNREADABLE = (OSError, SyntaxError, ValueError, EOFError, IndexError, OverflowError, struct.error, zlib.error)


class Rewritten(NamedTuple):
    """A picture in three widths (WebP); `width` and `height` of the largest. A small one is not made larger."""

    width: int
    height: int
    renditions: Mapping[int, bytes]

    @property
    def content_hash(self) -> str:
        """Tell the same picture again."""
        return blake2b(self.renditions[WIDTHS[-1]], digest_size=16).hexdigest()


def rewrite(data: bytes) -> Rewritten:
    """Decode a picture and write it anew. Raises Invalid `picture_invalid`."""
    if not data:
        raise _refused(fault("required"))
    if len(data) > MOST_BYTES:
        raise _refused(fault("picture_too_heavy", most_mib=MOST_BYTES >> 20))
    try:
        if len(_SCAN.findall(data)) > MOST_SCANS:
            raise _refused(fault("picture_unreadable"))
        picture = _decoded(data)
        sizes = {width: _fitted(picture, width) for width in WIDTHS}
    except Image.DecompressionBombError:
        raise _refused(_too_many_pixels(MOST_PIXELS)) from None
    except _UNREADABLE:
        raise _refused(fault("picture_unreadable")) from None
    largest = sizes[WIDTHS[-1]]
    renditions = {width: _written(sized, MOST_BYTES_OF[width]) for width, sized in sizes.items()}
    return Rewritten(largest.width, largest.height, renditions)


def _decoded(data: bytes) -> Image.Image:
    """Return the pixels, upright and without transparency. Sizes are judged by the head, before pixels are read."""
    with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
        most = min(
            MOST_PIXELS_AT_ONCE.get(kind, MOST_PIXELS) for kind in (str(picture.format), *map(str, picture.info))
        )
        if picture.width * picture.height > most:
            raise _refused(_too_many_pixels(most))
        if min(picture.size) < LEAST_SIDE:
            raise _refused(fault("picture_too_small", least=LEAST_SIDE))
        # A large JPEG is decoded at a fraction of its size: quicker, and in a fraction of the memory.
        picture.draft("RGB", (2 * WIDTHS[-1], 2 * WIDTHS[-1]))
        reduced = _reduced(picture)
        reduced.getexif()[ExifTags.Base.Orientation] = picture.getexif().get(ExifTags.Base.Orientation, 1)
        return ImageOps.exif_transpose(reduced)


def _reduced(picture: Image.Image) -> Image.Image:
    """Return the pixels without transparency, and no more of them than the largest width needs, with some to spare.

    It is done strip by strip: beside what the decoder made there is never a second copy of a large picture.
    """
    long, short = max(picture.size), min(picture.size)
    factor = max(int(max(long / (TALLEST * WIDTHS[-1]), short / WIDTHS[-1]) / _SPARE), 1)
    fresh = Image.new("RGB", (-(-picture.width // factor), -(-picture.height // factor)))
    height = _STRIP * factor
    for top in range(0, picture.height, height):
        strip = picture.crop((0, top, picture.width, min(top + height, picture.height)))
        fresh.paste(_opaque(strip).reduce(factor), (0, top // factor))
    return fresh


def _opaque(picture: Image.Image) -> Image.Image:
    if not (picture.has_transparency_data or picture.mode in ("LA", "PA")):
        return picture.convert("RGB")
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, picture.convert("RGBA")).convert("RGB")


def _fitted(picture: Image.Image, width: int) -> Image.Image:
    """Return a picture within a width and what may be as tall, as pixels alone: a fresh image has no metadata."""
    scale = min(width / picture.width, TALLEST * width / picture.height, 1.0)
    size = max(round(picture.width * scale), 1), max(round(picture.height * scale), 1)
    fresh = Image.new("RGB", size)
    fresh.paste(picture.resize(size, Image.Resampling.LANCZOS))
    return fresh


def _written(picture: Image.Image, most_bytes: int) -> bytes:
    """Return a picture as WebP of the best quality that is small enough."""
    data = b""
    for quality, radius in _ATTEMPTS:
        file = io.BytesIO()
        shown = picture.filter(ImageFilter.GaussianBlur(radius)) if radius else picture
        shown.save(file, "WEBP", quality=quality, method=4)
        data = file.getvalue()
        if len(data) <= most_bytes:
            break
    return data


def _too_many_pixels(most: int) -> Fault:
    return fault("picture_too_large", most_megapixels=most // 1_000_000)


def _refused(reason: Fault) -> Invalid:
    return Invalid("picture_invalid", fields={"file": reason})
