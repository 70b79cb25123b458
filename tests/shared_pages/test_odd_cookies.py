"""Pages served from memory read the cookies of a browser before the application does."""

import pytest

from app.i18n.locale import COOKIE
from app.shared_pages.addresses import remembered_language


@pytest.mark.parametrize(
    "cookie", [f"{COOKIE}=\xff", f"a=\xfe; {COOKIE}=en", f"{COOKIE}=\xe4\xb8", f'{COOKIE}="\\377"']
)
def test_a_cookie_of_odd_bytes_is_no_language(cookie: str) -> None:
    """Pages served from memory read it before the application does."""
    assert remembered_language(cookie) in ("", "en")
