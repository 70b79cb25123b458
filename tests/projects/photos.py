"""Files of pictures as cameras, programs and attackers make them."""

import io
import struct
import zlib
from typing import Any

from PIL import Image

GPS = {1: "N", 2: (34.0, 37.0, 12.0), 3: "E", 4: (112.0, 27.0, 9.0)}


def photo(size: tuple[int, int] = (1600, 1200), form: str = "JPEG", **how: Any) -> bytes:
    """A picture with a gradient; red on its left half."""
    picture = Image.linear_gradient("L").resize(size).convert("RGB")
    picture.paste((200, 30, 30), (0, 0, size[0] // 2, size[1]))
    file = io.BytesIO()
    picture.save(file, form, **how)
    return file.getvalue()


def telling_photo() -> bytes:
    """A photo of a phone: where, when and by what it was made, lying on its side."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0112], exif[0x0132] = "SECRET-CAMERA", 6, "2026:11:20 09:00:00"
    exif.get_ifd(0x8825).update(GPS)
    return photo(exif=exif, comment=b"SECRET-COMMENT", icc_profile=b"SECRET-PROFILE")


def noise(size: tuple[int, int] = (1600, 1200)) -> bytes:
    """A picture that no codec makes small."""
    file = io.BytesIO()
    Image.effect_noise(size, 200).convert("RGB").save(file, "PNG")
    return file.getvalue()


def bomb(side: int = 60_000) -> bytes:
    """A PNG of a few kilobytes that says it has billions of pixels."""
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    body = zlib.compress(bytes(100_000))
    return b"\x89PNG\r\n\x1a\n" + b"".join(map(_chunk, (b"IHDR", b"IDAT", b"IEND"), (head, body, b"")))


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
