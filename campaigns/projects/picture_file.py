"""PURE. Decode an uploaded picture and write it again in three widths. Only its pixels are kept.

No metadata survives: no place, time, camera, or thumbnail of what was cropped. Formats other than JPEG, PNG and
WebP are not even parsed (`formats`), so neither SVG nor any other format that could contain a script is ever
stored.
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
MOST_BYTES = 12 << 20  # of the uploaded file; photos of phones have 2 to 8 MB
MOST_PIXELS = 50_000_000  # checked before anything is decoded
# For formats whose decoder keeps the whole picture in memory several times over: all coefficients of a progressive
# JPEG (up to 8 bytes per pixel), canvas and frame of a WebP (16 bytes).
MOST_PIXELS_AT_ONCE = {"progressive": 25_000_000, "WEBP": 16_000_000}
MOST_SCANS = 100  # of a JPEG; programs write 10. Each scan covers all pixels, and may take only a few bytes
_SCAN = re.compile(rb"\xff\xda\x00(?:\x08\x01|\x0a\x02|\x0c\x03|\x0e\x04)")  # a scan's header: length, components
LEAST_SIDE = 320  # pixels
TALLEST = 1.5  # height over width
WIDTHS = (360, 720, 1440)
MOST_BYTES_OF: Mapping[int, int] = {360: 30_000, 720: 80_000, 1440: 240_000}
_SPARE = 1.5  # how much larger than the largest width a reduced picture stays, so that it resizes well
_STRIP = 64  # rows of a reduced picture
# Quality, and radius of a blur: a picture that is still too large at the lowest quality is noise.
_ATTEMPTS = ((82, 0), (74, 0), (66, 0), (58, 0), (50, 0), (40, 0), (30, 0), (30, 1), (30, 2), (30, 4), (30, 16))
# The exceptions that decoders raise for a malformed file.
_UNREADABLE = (OSError, SyntaxError, ValueError, EOFError, IndexError, OverflowError, struct.error, zlib.error)


class Rewritten(NamedTuple):
    """A picture in three widths (WebP). `width` and `height` are those of the largest. Small pictures are not
    enlarged."""

    width: int
    height: int
    renditions: Mapping[int, bytes]

    @property
    def content_hash(self) -> str:
        """A hash by which the same picture is recognised."""
        return blake2b(self.renditions[WIDTHS[-1]], digest_size=16).hexdigest()


def rewrite(data: bytes) -> Rewritten:
    """Decode a picture and write it again. Raises Invalid `picture_invalid`."""
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
    """Return the pixels, upright and without transparency. Sizes are checked in the header, before pixels are
    decoded."""
    with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
        most = min(
            MOST_PIXELS_AT_ONCE.get(kind, MOST_PIXELS) for kind in (str(picture.format), *map(str, picture.info))
        )
        if picture.width * picture.height > most:
            raise _refused(_too_many_pixels(most))
        if min(picture.size) < LEAST_SIDE:
            raise _refused(fault("picture_too_small", least=LEAST_SIDE))
        # Decode a large JPEG at a fraction of its size, which is faster and takes a fraction of the memory.
        picture.draft("RGB", (2 * WIDTHS[-1], 2 * WIDTHS[-1]))
        reduced = _reduced(picture)
        reduced.getexif()[ExifTags.Base.Orientation] = picture.getexif().get(ExifTags.Base.Orientation, 1)
        return ImageOps.exif_transpose(reduced)


def _reduced(picture: Image.Image) -> Image.Image:
    """Return the pixels without transparency, reduced to little more than the largest width needs.

    Works strip by strip, so that there is never a second copy of a large picture beside the decoder's.
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
    """Return a picture that fits a width and the greatest allowed height. A fresh image carries no metadata."""
    scale = min(width / picture.width, TALLEST * width / picture.height, 1.0)
    size = max(round(picture.width * scale), 1), max(round(picture.height * scale), 1)
    fresh = Image.new("RGB", size)
    fresh.paste(picture.resize(size, Image.Resampling.LANCZOS))
    return fresh


def _written(picture: Image.Image, most_bytes: int) -> bytes:
    """Return a picture as WebP in the best quality that is small enough.

    Most pictures are at the first attempt. Sizes fall from one attempt to the next, so noise takes the number of
    encodings of a binary search.
    """
    data = _encoded(picture, *_ATTEMPTS[0])
    low, high = 1, len(_ATTEMPTS)
    if len(data) <= most_bytes:
        return data
    while low < high:
        middle = (low + high) // 2
        attempt = _encoded(picture, *_ATTEMPTS[middle])
        if len(attempt) <= most_bytes or middle == len(_ATTEMPTS) - 1:
            data, high = attempt, middle
        else:
            low = middle + 1
    return data


def _encoded(picture: Image.Image, quality: int, radius: int) -> bytes:
    file = io.BytesIO()
    shown = picture.filter(ImageFilter.GaussianBlur(radius)) if radius else picture
    shown.save(file, "WEBP", quality=quality, method=4)
    return file.getvalue()


def _too_many_pixels(most: int) -> Fault:
    return fault("picture_too_large", most_megapixels=most // 1_000_000)


def _refused(reason: Fault) -> Invalid:
    return Invalid("picture_invalid", fields={"file": reason})
