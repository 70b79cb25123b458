"""Compare what the engine stored, publishes and explains with the plain model."""

from collections import Counter
from collections.abc import Sequence

from campaigns.disclosure.totals import pot_views, totals
from campaigns.donations.explain import DecisionExplanation, Explanation, explain
from campaigns.donations.view import MatchPart, donation_views
from campaigns.projects.place_totals import by_place
from kernel.db import Tx
from tests.machine.donations import COUNTED
from tests.machine.model import Model
from tests.machine.plain_matching import COUNTY, Donation


def _held(donation: Donation) -> int:
    return donation.matched() if donation.case == "open" else 0


def _captured(donation: Donation) -> int:
    return donation.matched() - _held(donation) if donation.paid_at is not None else 0


def same_donations(tx: Tx, model: Model) -> None:
    """Compare status, refunds, and the match of each pot: all of it reserved, or captured, or on hold."""
    views = donation_views(tx, list(model.donations))
    for id_, donation in model.donations.items():
        view = views[id_]
        reserved = donation.matched() if donation.status == "pending" else 0
        match = (view.reserved_minor, view.captured_minor, view.held_minor, _by_pot(view.parts))
        assert match == (reserved, _captured(donation), _held(donation), donation.by_pot()), id_
        assert (view.status, view.match_until) == (donation.status, donation.until), id_
        # A dispute names its payment only: before the payment came, it waits in the inbox or counts already.
        without = min(donation.sent_back, donation.amount) if donation.paid_at is None else donation.refunded
        assert view.refunded_minor in (without, donation.refunded), id_


def _by_pot(parts: Sequence[MatchPart]) -> dict[int, int]:
    sums: Counter[int] = Counter()
    for part in parts:
        sums[part.pot_id] += part.amount_minor
    return dict(sums)


def same_pots(tx: Tx, model: Model, campaign_id: int) -> None:
    """Compare what is funded, free, reserved, captured and on hold, and whether the pot is locked."""
    for view in pot_views(tx, campaign_id):
        pot = model.pots[view.id]
        live = list(model.live(pot))
        waits = sum(part.amount for donation, part in live if donation.status == "pending")
        held = sum(part.amount for donation, part in live if donation.case == "open")
        earned = sum(part.amount for _, part in live) - waits - held
        amounts = (
            view.funded_minor,
            view.available_minor + view.paused_minor,
            view.reserved_minor,
            view.captured_minor,
            view.held_minor,
        )
        assert amounts == (pot.funded, model.free(pot) - pot.closed(model.now), waits, earned, held), view.name
        assert (view.locked, view.paused) == (pot.locked, pot.paused), view.name
        assert (view.available_minor if view.paused else view.paused_minor) == 0, view.name


def same_totals(tx: Tx, model: Model, campaign_id: int, projects: Sequence[int]) -> None:
    """What the public sees of the campaign, and of its two counties: the table adds up to the totals."""
    donations = model.donations.values()
    due = (
        sum(donation.status in COUNTED for donation in donations),
        model.donors(),
        model.raised(),
        sum(_captured(donation) for donation in donations),
    )
    assert totals(tx, [campaign_id])[campaign_id] == due
    counties = {row.code: (row.raised_minor, row.matched_minor) for row in by_place(tx, campaign_id, "county")}
    for code in sorted(set(COUNTY.values())):
        here = [donation for donation in donations if COUNTY[donation.project] == code]
        raised = sum(donation.kept for donation in here if donation.paid_at is not None)
        assert counties.get(code, (0, 0)) == (raised, sum(_captured(donation) for donation in here)), code


def same_explanations(tx: Tx, model: Model) -> None:
    """What each donor is told of their match leads to the match that they have."""
    for id_, donation in model.donations.items():
        explanation = explain(tx, id_)
        live: Counter[int] = Counter()
        for hold in explanation.holds:
            live[hold.pot_id] += 0 if hold.state == "released" else hold.amount_minor - hold.returned_minor
        assert +live == donation.by_pot(), id_
        matched = [
            (line.pot_id, line.given_minor)
            for step in explanation.decisions
            for line in step.pots
            if line.given_minor
        ]
        assert sorted(matched) == sorted((hold.pot_id, hold.amount_minor) for hold in explanation.holds), id_
        for decision in explanation.decisions:
            _makes_sense(decision)
        _moves_left_their_pot(explanation)


def _makes_sense(decision: DecisionExplanation) -> None:
    """Each pot says why it gave less than its share, or why it was not asked."""
    for line in decision.pots:
        assert line.evaluated or not line.given_minor
        assert decision.window_open or not line.evaluated
        assert not (line.evaluated and line.out_of_scope)
        assert 0 <= line.given_minor <= line.due_minor
        assert line.after_minor == line.before_minor - line.given_minor
        cuts = {cut.by for cut in line.cuts}
        assert ("pot" in cuts) == (line.given_minor < line.due_minor)
        assert all(cut.left_minor <= cut.limit_minor for cut in line.cuts if cut.by != "minimum_minor")


def _moves_left_their_pot(explanation: Explanation) -> None:
    """What moved to a better pot was given back by the one that it left."""
    moved: Counter[int] = Counter()
    for line in (
        line for decision in explanation.decisions for line in decision.pots if line.moved_from is not None
    ):
        moved[line.moved_from or 0] += line.given_minor
    for pot_id, amount in moved.items():
        assert amount <= sum(hold.returned_minor for hold in explanation.holds if hold.pot_id == pot_id)
