"""The photo of a project in its link picture: cut about its focus point, and the whole as JPEG."""

import io
from collections.abc import Mapping
from typing import Any

from PIL import Image

from campaigns.disclosure.pictures import Picture
from campaigns.projects.pictures import file_name
from kernel.errors import Unavailable
from kernel.files import FileStore

MIMETYPES: Mapping[str, str] = {"png": "image/png", "jpg": "image/jpeg"}
WIDTH, HEIGHT = 640, 630  # points, of the photo in the picture
_QUALITY = 86


def placed(photo: Picture | None) -> dict[str, Any]:
    """Return how large a photo is drawn, and where it begins, so that it covers its place about its focus point (as
    `object-position` does on pages)."""
    if photo is None:
        return {}
    scale = max(WIDTH / photo.width, HEIGHT / photo.height)
    width, height = photo.width * scale, photo.height * scale
    return {
        "photo-width": width,
        "photo-left": (WIDTH - width) * photo.focus_x / 10,
        "photo-top": (HEIGHT - height) * photo.focus_y / 10,
    }


def photo_bytes(store: FileStore, photo: Picture) -> bytes | None:
    """Return the smallest file of a photo that is large enough; None when the store does not have it or is down: a
    chat gets a picture without it."""
    wide = [width for width in photo.widths if width >= WIDTH and photo.height * width / photo.width >= HEIGHT]
    try:
        return store.read(file_name(photo.file_key, min(wide, default=photo.widths[-1])))
    except Unavailable:
        return None


def as_jpeg(png: bytes) -> bytes:
    """Return a picture as JPEG: with a photo in it, a fifth of the bytes."""
    file = io.BytesIO()
    with Image.open(io.BytesIO(png), formats=("PNG",)) as picture:
        picture.convert("RGB").save(file, "JPEG", quality=_QUALITY)
    return file.getvalue()
