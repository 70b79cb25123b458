"""The simulator gives what matching gives: pots in order, tranches at their times, caps, and when a pot is dry."""

from datetime import UTC, datetime, timedelta

from matching.pot_state import PotState, RulesVersion
from matching.rules import parse
from matching.simulate import Gift, PotChange, compare, simulate, with_changes
from tests.matching.offers import HERE

OPENS = datetime(2026, 9, 9, 1, 0, tzinfo=UTC)


def pot(number: int, funding: tuple[tuple[int, int], ...], **rules: object) -> PotState:
    version = RulesVersion(number, 1, OPENS, parse({"ratio_bps": 10_000, **rules}))
    sums = tuple((OPENS + timedelta(minutes=minute), amount) for minute, amount in funding)
    return PotState(number, 1, 1, f"pot {number}", number, "ratio", "reserve", (version,), sums)


def gift(minute: int, amount_minor: int, donor: str = "a") -> Gift:
    return Gift(OPENS + timedelta(minutes=minute), amount_minor, HERE, donor)


def test_gifts_are_matched_in_the_order_of_their_times_until_the_pots_are_dry() -> None:
    pots = [pot(1, ((0, 100), (30, 100))), pot(2, ((0, 50),))]
    result = simulate(pots, [gift(20, 60), gift(10, 80), gift(40, 500), gift(50, 10)])
    assert (result.gifts, result.raised_minor, result.matched_minor) == (4, 650, 250)
    # 80 of the first; 20 of the first and 40 of the second; 100 and 10; nothing.
    assert [(run.given_minor, run.left_minor, run.gifts) for run in result.pots] == [(200, 0, 3), (50, 0, 2)]
    assert [run.dry_at for run in result.pots] == [gift(20, 0).at, gift(40, 0).at]
    assert (result.short, result.unmatched) == (2, 1)


def test_caps_of_a_donor_hold_over_the_whole_day() -> None:
    capped = [pot(1, ((0, 1_000),), caps={"donor_minor": 100})]
    result = simulate(capped, [gift(1, 80), gift(2, 80), gift(3, 80, "b")])
    assert result.matched_minor == 180 and result.pots[0].dry_at is None


def test_gifts_without_a_donor_share_no_cap_whatever_others_are_called() -> None:
    capped = [pot(1, ((0, 1_000),), caps={"donor_minor": 100})]
    gifts = [gift(1, 100, ""), gift(2, 100, ""), gift(3, 100, "gift:0"), gift(4, 100, "line 1"), gift(5, 100, "1")]
    assert simulate(capped, gifts).matched_minor == 500


def test_a_gift_that_a_cap_or_a_minimum_cut_is_short_unless_a_later_pot_matches_the_rest() -> None:
    capped = pot(1, ((0, 1_000),), caps={"donation_minor": 50})
    gifts = [gift(1, 80), gift(2, 50)]
    assert simulate([capped], gifts).short == 1
    assert simulate([capped, pot(2, ((0, 1_000),))], gifts).short == 0
    assert simulate([pot(1, ((0, 1_000),), minimum_minor=60)], gifts).short == 1


def test_changed_rules_are_compared_gift_by_gift() -> None:
    pots = [pot(1, ((0, 100),)), pot(2, ((0, 1_000),), caps={"donation_minor": 10})]
    gifts = [gift(1, 60), gift(2, 60, "b"), gift(3, 60, "c")]
    changes = {1: PotChange(parse({"ratio_bps": 5_000}), 50), 2: PotChange(added_minor=-1_000)}
    now, changed = simulate(pots, gifts), simulate(with_changes(pots, changes), gifts)
    matches = [[run.matched_minor for run in result.matches] for result in (now, changed)]
    assert matches == [[60, 50, 10], [30, 30, 30]]
    assert [run.short for run in now.matches] == [False, True, True]
    assert compare(now, changed) == (1, 2, -30)
    assert [run.funded_minor for run in changed.pots] == [150, 0]
    assert simulate(pots, gifts) == now, "the pots themselves stay as they are"
