"""The photo of a project in its link picture: cropped around its focus point, and the result as JPEG."""

import io
from collections.abc import Mapping
from typing import Any

from PIL import Image

from campaigns.disclosure.pictures import Picture
from campaigns.projects.pictures import file_name
from kernel.errors import Unavailable
from kernel.files import FileStore

MIMETYPES: Mapping[str, str] = {"png": "image/png", "jpg": "image/jpeg"}
WIDTH, HEIGHT = 640, 630  # points, of the photo within the picture
_QUALITY = 86


def placed(photo: Picture | None) -> dict[str, Any]:
    """Return the size and offset of a photo so that it covers its area around its focus point (like
    `object-position` on pages)."""
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
    """Return the smallest file of a photo that is large enough; None if the store is down or does not have it, and
    the picture is then drawn without it."""
    wide = [width for width in photo.widths if width >= WIDTH and photo.height * width / photo.width >= HEIGHT]
    try:
        return store.read(file_name(photo.file_key, min(wide, default=photo.widths[-1])))
    except Unavailable:
        return None


def as_jpeg(png: bytes) -> bytes:
    """Return a picture as JPEG, which with a photo takes a fifth of the bytes."""
    file = io.BytesIO()
    with Image.open(io.BytesIO(png), formats=("PNG",)) as picture:
        picture.convert("RGB").save(file, "JPEG", quality=_QUALITY)
    return file.getvalue()
