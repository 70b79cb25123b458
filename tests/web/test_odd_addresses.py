"""Addresses that a server must not resolve: files beside the site, and names encoded twice."""

import pytest
from flask.testing import FlaskClient

from tests.site import app, http
from tests.world import World

__all__ = ["app", "http"]


@pytest.mark.parametrize("root", ["", "/static", "/static/..", "/static/%2e%2e", "/static/..%2f..", "/pictures"])
@pytest.mark.parametrize("file", [".git/HEAD", ".git/config", ".env", ".svn/entries", "pyproject.toml", "wsgi.py"])
def test_no_file_beside_the_static_ones_is_served(http: FlaskClient, root: str, file: str) -> None:
    assert http.get(f"{root}/{file}").status_code == 404


def test_an_address_is_decoded_once(http: FlaskClient, world: World) -> None:
    assert http.get("/c/%64ay").status_code == 200
    assert http.get("/c/%2564ay").status_code == 404
    projects = f"/api/v1/campaigns/{world.slug}/projects"
    name = http.get(projects).get_json()[0]["code"]
    once, twice = f"%{ord(name[0]):02x}{name[1:]}", f"%25{ord(name[0]):02x}{name[1:]}"
    assert [row["code"] for row in http.get(f"{projects}?q={once}").get_json()] == [name]
    assert http.get(f"{projects}?q={twice}").get_json() == []
