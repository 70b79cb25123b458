"""A browser is known again by its cookie, which is kept as a hash only."""

from tests.web.reader import Reader
from tests.world import World


def test_two_people_at_one_browser_are_two_donors_and_one_device(reader: Reader, world: World) -> None:
    for email in ("a@example.org", "b@example.org"):
        reader.give(amount="50", email=email, accept_unmatched="1")
    rows = world.do(lambda tx: tx.rows("SELECT donor_key, device_key FROM donation"))
    assert len({row.donor_key for row in rows}) == 2
    (device,) = {row.device_key for row in rows}
    cookie = reader.http.get_cookie("visitor")
    assert device is not None and cookie is not None
    assert device not in cookie.value and cookie.value not in device
