"""Is what the engine stored, publishes and tells what the plain model says?"""

from collections import Counter
from collections.abc import Sequence

from campaigns.disclosure.totals import pot_views, totals
from campaigns.donations.explain import DecisionExplanation, Explanation, explain
from campaigns.donations.view import MatchPart, donation_views
from campaigns.projects.place_totals import by_place
from kernel.db import Tx
from tests.machine.gifts import COUNTED
from tests.machine.model import Model
from tests.machine.plain import COUNTY, Gift


def _held(gift: Gift) -> int:
    return gift.matched() if gift.case == "open" else 0


def _earned(gift: Gift) -> int:
    return gift.matched() - _held(gift) if gift.paid_at is not None else 0


def same_gifts(tx: Tx, model: Model) -> None:
    """Status, refunds, hold, and the match of each pot: all of it reserved, or earned, or held by screening."""
    found = donation_views(tx, list(model.gifts))
    for id_, gift in model.gifts.items():
        one = found[id_]
        reserved = gift.matched() if gift.status == "pending" else 0
        match = (one.reserved_minor, one.captured_minor, one.held_minor, _by_pot(one.parts))
        assert match == (reserved, _earned(gift), _held(gift), gift.by_pot()), id_
        told = (one.status, one.refunded_minor, one.match_until)
        assert told == (gift.status, gift.refunded, gift.until), id_


def _by_pot(parts: Sequence[MatchPart]) -> dict[int, int]:
    sums: Counter[int] = Counter()
    for part in parts:
        sums[part.pot_id] += part.amount_minor
    return dict(sums)


def same_pots(tx: Tx, model: Model, campaign_id: int) -> None:
    """Funded, free, reserved, captured and held; is it locked?"""
    for view in pot_views(tx, campaign_id):
        pot = model.pots[view.id]
        live = list(model.live(pot))
        waits = sum(part.amount for gift, part in live if gift.status == "pending")
        held = sum(part.amount for gift, part in live if gift.case == "open")
        earned = sum(part.amount for _, part in live) - waits - held
        told = (view.funded_minor, view.available_minor, view.reserved_minor, view.captured_minor, view.held_minor)
        assert told == (pot.funded, model.free(pot) - pot.closed(model.now), waits, earned, held), view.name
        assert view.locked == pot.locked, view.name


def same_totals(tx: Tx, model: Model, campaign_id: int, projects: Sequence[int]) -> None:
    """What the public sees of the campaign, and of its two counties: the table adds up to the totals."""
    gifts = model.gifts.values()
    due = (
        sum(gift.status in COUNTED for gift in gifts),
        model.donors(),
        model.raised(),
        sum(_earned(gift) for gift in gifts),
    )
    assert totals(tx, [campaign_id])[campaign_id] == due
    counties = {row.code: (row.raised_minor, row.matched_minor) for row in by_place(tx, campaign_id, "county")}
    for code in sorted(set(COUNTY.values())):
        here = [gift for gift in gifts if COUNTY[gift.project] == code]
        raised = sum(gift.kept for gift in here if gift.paid_at is not None)
        assert counties.get(code, (0, 0)) == (raised, sum(_earned(gift) for gift in here)), code


def same_stories(tx: Tx, model: Model) -> None:
    """What each donor is told of his match leads to the match that he has."""
    for id_, gift in model.gifts.items():
        story = explain(tx, id_)
        live: Counter[int] = Counter()
        for hold in story.holds:
            live[hold.pot_id] += 0 if hold.state == "released" else hold.amount_minor - hold.returned_minor
        assert +live == gift.by_pot(), id_
        given = [
            (line.pot_id, line.given_minor) for one in story.decisions for line in one.pots if line.given_minor
        ]
        assert sorted(given) == sorted((hold.pot_id, hold.amount_minor) for hold in story.holds), id_
        for decision in story.decisions:
            _makes_sense(decision)
        _moves_left_their_pot(story)


def _makes_sense(decision: DecisionExplanation) -> None:
    """Each pot says why it gave less than its share, or why it was not asked."""
    for line in decision.pots:
        assert line.asked or not line.given_minor
        assert decision.window_open or not line.asked
        assert not (line.asked and line.out_of_scope)
        assert 0 <= line.given_minor <= line.due_minor
        assert line.after_minor == line.before_minor - line.given_minor
        cuts = {cut.by for cut in line.cuts}
        assert ("pot" in cuts) == (line.given_minor < line.due_minor)
        assert all(cut.left_minor <= cut.limit_minor for cut in line.cuts if cut.by != "minimum_minor")


def _moves_left_their_pot(story: Explanation) -> None:
    """What moved to a better pot was given back by the one that it left."""
    moved: Counter[int] = Counter()
    for line in (line for one in story.decisions for line in one.pots if line.moved_from is not None):
        moved[line.moved_from or 0] += line.given_minor
    for pot_id, amount in moved.items():
        assert amount <= sum(hold.returned_minor for hold in story.holds if hold.pot_id == pot_id)
