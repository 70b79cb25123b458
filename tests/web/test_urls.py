"""URLs that are kept: the same values give the same URL, other values another one."""

from flask import Flask, url_for

from app.http.urls import MOST, KeptUrls


def test_values_that_are_equal_but_not_the_same_have_urls_of_their_own(app: Flask) -> None:
    with app.test_request_context("/"):
        pages = [1, True, "1", None, 1.0]
        first = [url_for("web.campaign", slug="day", page=page) for page in pages]
        assert first == [url_for("web.campaign", slug="day", page=page) for page in pages]
        assert first == [
            "/c/day?page=1",
            "/c/day?page=True",
            "/c/day?page=1",
            "/c/day",
            "/c/day?page=1.0",
        ]


def test_an_absolute_url_is_never_the_relative_one(app: Flask) -> None:
    with app.test_request_context("/", base_url="http://localhost"):
        relative = url_for("web.campaign", slug="day")
        assert url_for("web.campaign", slug="day", _external=True) == f"http://localhost{relative}"
        assert url_for("web.campaign", slug="day", _anchor="projects") == f"{relative}#projects"
        assert url_for("web.campaign", slug="day") == relative
    with app.test_request_context("/", base_url="http://localhost/under"):
        assert url_for("web.campaign", slug="day") == f"/under{relative}"


def test_invented_values_do_not_fill_the_memory(app: Flask) -> None:
    built: list[str] = []

    def build(endpoint: str, **values: object) -> str:
        built.append(f"{endpoint}{values}")
        return built[-1]

    kept = KeptUrls(build)
    with app.test_request_context("/"):
        for page in range(2 * MOST + 10):
            kept("web.campaign", {"page": page})
        assert len(kept._kept) <= MOST
        before = len(built)
        kept("web.campaign", {"q": "x" * 1000})
        kept("web.campaign", {"q": "x" * 1000})
        assert len(built) == before + 2
