"""Pages served from memory read cookies and addresses before the application does."""

import pytest
from flask.testing import FlaskClient

from app.i18n.locale import COOKIE
from app.shared_pages.addresses import remembered_language


@pytest.mark.parametrize(
    "cookie", [f"{COOKIE}=\xff", f"a=\xfe; {COOKIE}=en", f"{COOKIE}=\xe4\xb8", f'{COOKIE}="\\377"']
)
def test_a_cookie_of_odd_bytes_is_no_language(cookie: str) -> None:
    """Pages served from memory read it before the application does."""
    assert remembered_language(cookie) in ("", "en")


@pytest.mark.parametrize("query", ["by=county&by=team", "by=team&by=team", "by=team&%62y=county", "x=1&x="])
def test_a_program_that_repeats_a_parameter_is_refused_by_pages_from_memory_too(
    ann: FlaskClient, query: str
) -> None:
    refused = ann.get(f"/api/v1/campaigns/day/standings?{query}")
    assert (refused.status_code, refused.get_json()["code"]) == (422, "parameters_invalid")
    assert ann.get("/api/v1/campaigns/day/standings?by=team").status_code == 200
    assert ann.get("/c/day/standings?by=county&by=team").status_code == 422
