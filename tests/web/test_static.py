"""Static files are kept for a year under names that change with their content."""

import re
from pathlib import Path

from flask import Flask

from app import factory
from tests.web.reader import Reader


def test_pages_name_files_by_their_content(reader: Reader) -> None:
    page = reader.open("/c/day")
    names = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert len(names) >= 3
    for name in names:
        assert re.search(r"\.[0-9a-f]{12}\.\w+$", name), name
        response = reader.http.get(name)
        assert response.status_code == 200 and response.data
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_old_and_plain_names_still_answer_and_are_not_kept(app: Flask) -> None:
    browser = app.test_client()
    contents = set()
    for name in ("site.css", "site.0123456789ab.css"):
        response = browser.get(f"/static/{name}")
        assert response.status_code == 200 and response.headers["Cache-Control"] == "no-cache"
        contents.add(response.data)
    assert len(contents) == 1
    for name in ("nothing.css", "nothing.0123456789ab.css", "../factory.py", "%2e%2e/factory.py"):
        assert browser.get(f"/static/{name}").status_code == 404


def test_nothing_sticks_to_a_value_of_the_style_sheets() -> None:
    """A browser drops a whole declaration such as `background: var(--card)5f4`, silently."""
    sheets = list(Path(factory.__file__).parent.glob("static/*.css"))
    assert sheets
    for sheet in sheets:
        assert not re.findall(r"var\([^()]*\)[\w#]+", sheet.read_text()), sheet.name
