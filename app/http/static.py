"""Static files under names that contain a hash of their content, so that a browser caches them for a year.

`url_for("static", filename="site.css")` returns `/static/site.3f2a9c1b4d5e.css`. Plain names and hashes of other
releases (a page that is still open) get the present file, which caches must revalidate at each use.
"""

import re
from hashlib import blake2b
from pathlib import Path
from typing import Any

from flask import Flask, Response, send_from_directory

_YEAR = 365 * 24 * 3600  # seconds
_HASHED = re.compile(r"(.+)\.([0-9a-f]{12})(\.[a-z0-9]+)")


def attach(app: Flask) -> None:
    """Hash the files at start, put the hashes into their URLs, and serve them."""
    folder = Path(app.root_path) / "static"
    hashes = {
        str(path.relative_to(folder)): blake2b(path.read_bytes(), digest_size=6).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }

    @app.url_defaults
    def hashed_name(endpoint: str, values: dict[str, Any]) -> None:
        name = values.get("filename")
        if endpoint == "static" and (digest := hashes.get(str(name))):
            stem, dot, suffix = str(name).rpartition(".")
            values["filename"] = f"{stem}.{digest}{dot}{suffix}"

    def static(filename: str) -> Response:
        parts = _HASHED.fullmatch(filename)
        name = f"{parts[1]}{parts[3]}" if parts and filename not in hashes else filename
        response = send_from_directory(folder, name)
        response.headers["Cache-Control"] = "no-cache"
        if parts and hashes.get(name) == parts[2]:
            response.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
        return response

    app.add_url_rule("/static/<path:filename>", endpoint="static", view_func=static)
