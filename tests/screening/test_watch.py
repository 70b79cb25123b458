"""The watch list: nobody on it is refused, and their match waits for a person."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from campaigns.screening import decide, watch
from campaigns.screening.screen import open_cases, screen
from campaigns.screening.signals import Signal
from kernel.errors import Conflict, Invalid, NotFound
from tests.screening.watched import REASON, card, case_of, codes
from tests.world import World

DAY = timedelta(days=1)


def entry(world: World, contact: str = "a@example.org", **other: Any) -> int:
    made = world.do(watch.watch_contact, world.deps.keys, REASON, "li", email=contact, **other)
    assert made.id is not None
    return int(made.id)


def paid(world: World, **other: Any) -> UUID:
    return world.pay(world.give(**other)).id


def case(world: World, donation: UUID) -> int:
    """A case for whatever reason."""
    world.do(open_cases, {donation: (Signal("staff", {"amount_minor": 1}),)})
    return int(case_of(world, donation)["id"])


def test_a_watched_donor_gives_as_always_and_the_match_is_held(world: World) -> None:
    world.pot(1_000_00)
    number = entry(world)
    donation, other = paid(world, email="A@example.org"), paid(world, email="b@example.org")
    assert screen(world.deps) == 1
    view = world.view(donation)
    assert (view.status, view.captured_minor, view.held_minor) == ("paid", 0, 100_00)
    assert codes(case_of(world, donation)) == ["watched_donor"]
    assert case_of(world, donation)["signals"][0]["evidence"] == {"entry": number}
    assert world.view(other).captured_minor == 100_00
    world.do(decide.clear, case_of(world, donation)["id"], REASON, "li")
    assert world.view(donation).captured_minor == 100_00
    world.check()


def test_an_entry_counts_from_when_it_is_made_until_its_term_is_over(world: World) -> None:
    world.pot(1_000_00)
    before = paid(world, email="a@example.org")
    world.clock.advance(minutes=1)
    entry(world, until=world.clock.at + timedelta(hours=1))
    during = paid(world, email="a@example.org")
    world.clock.advance(hours=2)
    after = paid(world, email="a@example.org")
    assert screen(world.deps) == 1
    assert [world.view(gift).held_minor for gift in (before, during, after)] == [0, 100_00, 0]
    world.check()


@pytest.mark.parametrize("kind", ["donor", "instrument", "device"])
def test_an_identity_of_a_case_is_watched_from_then_on(world: World, kind: str) -> None:
    world.pot(1_000_00)
    first = paid(world, email="a@example.org", visitor="v")
    card(world, first, "fp1")
    case_id = case(world, first)
    world.do(watch.watch_case, case_id, kind, REASON, "li")
    world.do(watch.watch_case, case_id, kind, "again", "wang")
    (row,), total = world.do(watch.watched)
    assert (total, row.kind, row.case_id, row.actor, row.standing) == (1, kind, case_id, "li", True)
    assert case_of(world, first)["state"] == "open"
    email = "a@example.org" if kind == "donor" else "b@example.org"
    second = paid(world, email=email, visitor="v" if kind == "device" else "w")
    card(world, second, "fp1" if kind == "instrument" else "fp2")
    third = paid(world, email="c@example.org", visitor="x")
    assert screen(world.deps) == 1
    assert codes(case_of(world, second)) == [f"watched_{kind}"]
    assert world.view(third).held_minor == 0
    world.check()


def test_an_identity_that_a_donation_lacks_cannot_be_watched(world: World) -> None:
    world.pot(1_000_00)
    case_id = case(world, paid(world))
    for kind in ("donor", "instrument", "device", "mood"):
        with pytest.raises(Invalid) as refused:
            world.do(watch.watch_case, case_id, kind, REASON, "li")
        assert refused.value.code == "watch_invalid"
    with pytest.raises(NotFound):
        world.do(watch.watch_case, 10**6, "donor", REASON, "li")
    assert world.do(watch.watched)[1] == 0


def test_bad_entries_are_refused(world: World) -> None:
    keys = world.deps.keys
    for wanted, fields in (
        ("watch_invalid", {}),
        ("donor_invalid", {"email": "nobody"}),
        ("term_invalid", {"email": "a@example.org", "until": world.clock.at}),
    ):
        with pytest.raises(Invalid) as refused:
            world.do(watch.watch_contact, keys, REASON, "li", **fields)
        assert refused.value.code == wanted
    with pytest.raises(Invalid) as refused:
        world.do(watch.watch_contact, keys, " ", "li", email="a@example.org")
    assert refused.value.code == "reason_missing"
    assert world.do(watch.watched)[1] == 0


def test_a_person_lifts_an_entry_once_and_may_make_it_anew(world: World) -> None:
    world.pot(1_000_00)
    number = entry(world)
    world.do(watch.lift, number, "查清", "wang")
    with pytest.raises(Conflict) as refused:
        world.do(watch.lift, number, "查清", "wang")
    assert refused.value.code == "watch_ended"
    with pytest.raises(NotFound):
        world.do(watch.lift, 2**70, "查清", "wang")
    paid(world, email="a@example.org")
    assert screen(world.deps) == 0
    again = entry(world, until=world.clock.at + DAY)
    assert again != number and entry(world) == again
    world.clock.advance(days=2)
    assert entry(world) not in (number, again), "the term was over"
    audited = world.do(lambda tx: [tuple(row) for row in tx.rows(
        "SELECT action, actor FROM audit_entry WHERE subject LIKE 'watch:%' ORDER BY id")])  # fmt: skip
    assert audited == [("watch.add", "li"), ("watch.lift", "wang"), ("watch.add", "li"), ("watch.add", "li")]


def test_nothing_personal_is_kept_or_shown(world: World) -> None:
    entry(world)
    rows = world.do(lambda tx: tx.rows("SELECT * FROM watch"))
    assert "example" not in str(rows)
    shown, _ = world.do(watch.watched)
    assert rows[0].key not in str(shown)
