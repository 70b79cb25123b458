"""What a batch of merged facts does: rows, heads, match and money, all in bulk statements."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from campaigns.donations.aggregate import DonationAggregate
from campaigns.donations.screening_queue import queue_for_screening
from campaigns.donations.states import COUNTED
from campaigns.donations.transitions import record_transitions
from campaigns.lifecycle.phases import LIVING, Phase
from campaigns.projects.targets import projects_of_counties, targets
from kernel.db import Tx
from ledger.chart import clearing, donations
from ledger.kinds import TransferKind
from ledger.post import Transfer
from matching.capture import capture, reserved_parts
from matching.pot_state import PotState, lock_free_accounts, pot_states, ratios_by_rules
from matching.release import give_back, release
from matching.requests import MatchableDonation, ReservationRequest, Stage, live_match
from matching.reservations import ReservedPart, surplus
from matching.reserve import lock_pots, plan_matches, write_matches
from matching.rules import Target


class BatchEffects:
    """The effects of one batch, whose facts are merged. `write` stores them and answers the transfers, for the one
    call of `post`; `count` comes after it."""

    def __init__(self, tx: Tx, records: Sequence[DonationAggregate], hold_s: int) -> None:
        self.tx = tx
        self.hold_s = hold_s  # a payment under way keeps its match for as long as a fresh hold lasts
        self.records = records
        self.newly_paid = [one for one in records if one.newly_paid]

    def write(self) -> list[Transfer]:
        _store(self.tx, self.records, self.hold_s)
        record_transitions(self.tx, [step for one in self.records for step in one.moves])
        transfers = [*_money(self.records), *self._match()]
        queue_for_screening(self.tx, [one.id for one in self.records if _tells_more(one)])
        self._heads = _heads(self.tx, self.records)
        return transfers

    def count(self) -> None:
        """Last, because all donations of a campaign meet on its tally: it is locked for as short as can be."""
        _tally(self.tx, self._heads)

    def _match(self) -> list[Transfer]:
        self.pots = {
            one.id: pot_states(self.tx, one.id, one.matching_version)
            for one in {record.campaign_id: record.campaign for record in self.records}.values()
        }
        self.at_payment = {id_ for id_, pots in self.pots.items() if any(pot.mode == "payment" for pot in pots)}
        seeking = sorted((one for one in self.newly_paid if self._seeks(one)), key=_paid_at)
        ended = [one.id for one in self.records if one.ended]
        shrunk = [one for one in self.records if _shrinks(one)]
        if seeking or ended or shrunk:
            self._lock_pots()
        transfers = capture(self.tx, [one.id for one in self.newly_paid])
        transfers += self._seek(seeking)
        if ended:
            transfers += release(self.tx, ended, self._by_id())
        return transfers + [step for batch in self._shrink(shrunk) for step in batch]

    def _by_id(self) -> dict[int, PotState]:
        return {pot.pot_id: pot for pots in self.pots.values() for pot in pots}

    def _lock_pots(self) -> None:
        """All pots of these campaigns at once, in the global lock order, before anything else is locked."""
        lock_free_accounts(self.tx, self._by_id().values())

    def _stage(self, one: DonationAggregate) -> Stage:
        """A promise that lapsed, or was never made, may ask every pot; a kept one only pots that match at
        payment."""
        return "any" if one.late else "payment"

    def _asks(self, one: DonationAggregate) -> bool:
        return one.campaign_id in self.at_payment or (one.late and bool(self.pots[one.campaign_id]))

    def _seeks(self, one: DonationAggregate) -> bool:
        """Does this paid donation want match beyond what was held for it?"""
        if not self._asks(one):
            return False
        campaign = one.campaign
        assert one.paid_at is not None
        return campaign.pays_in_time(one.paid_at) and campaign.phase in LIVING and one.kept_minor > 0

    def _seek(self, seeking: Sequence[DonationAggregate]) -> list[Transfer]:
        if not seeking:
            return []
        where = targets(self.tx, sorted({one.project_id for one in seeking}))
        ratios = self._ratios()
        prior = _by_donation(reserved_parts(self.tx, [one.id for one in seeking if not one.late]))
        requests = [
            _request(one, where[one.project_id], prior[one.id], ratios, self._stage(one)) for one in seeking
        ]
        locked = lock_pots(self.tx, {request.pot_query for request in requests}, self.pots)
        plans = plan_matches(self.tx, locked, requests, projects_of_counties)
        transfers = write_matches(self.tx, plans, {"any": "late", "payment": "payment"})
        return transfers + capture(self.tx, [one.id for one in seeking])

    def _ratios(self) -> dict[int, int]:
        return ratios_by_rules(self._by_id().values())

    def _shrink(self, shrunk: Sequence[DonationAggregate]) -> Iterable[list[Transfer]]:
        """Match of what was refunded goes back, by what remains of each donation; the last pot's first, whenever
        it matched, so that what stays is the better pots'."""
        if not shrunk:
            return
        ratios = self._ratios()
        order = {pot.pot_id: pot.order for pot in self._by_id().values()}
        parts = _by_donation(reserved_parts(self.tx, [one.id for one in shrunk]))
        for one in shrunk:
            captured = [part for part in parts[one.id] if part.state == "captured"]
            captured.sort(key=lambda part: order[part.pot_id])  # stable: of one pot, the older reservation first
            yield give_back(
                self.tx,
                surplus(one.kept_minor, captured, ratios),
                self._by_id(),
                living=one.campaign.phase in LIVING,
                released=one.campaign.phase in (Phase.RELEASED, Phase.ARCHIVED),
                cause=str(one.refunded_minor),
            )


def _paid_at(one: DonationAggregate) -> datetime:
    """First paid, first served; at the same second, whose message came first."""
    assert one.paid_at is not None
    return one.paid_at


def _tells_more(one: DonationAggregate) -> bool:
    """Did screening, which looks at every new payment, learn something of an earlier one?"""
    return one.paid_at is not None and not one.newly_paid and (one.instrument_came or _shrinks(one))


def _shrinks(one: DonationAggregate) -> bool:
    """Is there a refund to take effect on the match? One told before its payment takes effect with it."""
    return one.paid_at is not None and (
        one.refunded_minor > one.refunded_was or (one.newly_paid and one.refunded_minor > 0)
    )


def _request(
    one: DonationAggregate, target: Target, prior: Sequence[ReservedPart], ratios: dict[int, int], stage: Stage
) -> ReservationRequest:
    assert one.paid_at is not None
    donation = MatchableDonation(one.id, one.campaign_id, one.amount_minor, target, one.donor_key, one.paid_at)
    return donation.reservation_request(
        live_match(prior, ratios), stage=stage, window_open=one.campaign.windows.open_at(one.paid_at)
    )


def _by_donation(parts: Sequence[ReservedPart]) -> dict[UUID, list[ReservedPart]]:
    grouped: dict[UUID, list[ReservedPart]] = defaultdict(list)
    for part in parts:
        grouped[part.donation_id].append(part)
    return grouped


def _money(records: Sequence[DonationAggregate]) -> list[Transfer]:
    """Receipts and refunds. What was refunded before we heard of the payment is booked with it."""
    transfers = []
    for one in records:
        if one.paid_at is None:
            continue
        book = donations(one.campaign_id, one.project_id, one.currency)
        held = clearing(one.provider, one.currency)
        if one.newly_paid:
            key = f"donation:{one.id}:received"
            transfers.append(Transfer(key, held, book, one.amount_minor, TransferKind.DONATION_RECEIVED, one.id))
        was = 0 if one.newly_paid else one.refunded_was
        if one.refunded_minor > was:
            key = f"donation:{one.id}:refunded:{one.refunded_minor}"
            back = one.refunded_minor - was
            transfers.append(Transfer(key, book, held, back, TransferKind.DONATION_REFUNDED, one.id))
    return transfers


def _store(tx: Tx, records: Sequence[DonationAggregate], hold_s: int) -> None:
    tx.run(
        """UPDATE donation d SET status = u.status, refunded_minor = u.refunded, paid_at = u.paid,
                  payment_intent = u.intent, instrument = u.instrument, dispute = u.dispute,
                  match_until = u.until
             FROM unnest(CAST(:ids AS uuid[]), CAST(:statuses AS text[]), CAST(:refunded AS bigint[]),
                         CAST(:paid AS timestamptz[]), CAST(:intents AS text[]), CAST(:instruments AS text[]),
                         CAST(:disputes AS text[]), CAST(:untils AS timestamptz[]))
                  AS u(id, status, refunded, paid, intent, instrument, dispute, until)
            WHERE d.id = u.id""",
        ids=[one.id for one in records],
        statuses=[str(one.status) for one in records],
        refunded=[one.refunded_minor for one in records],
        paid=[one.paid_at for one in records],
        intents=[one.payment_intent for one in records],
        instruments=[one.instrument for one in records],
        disputes=[one.dispute for one in records],
        untils=[
            max(one.match_until or tx.now, tx.now + timedelta(seconds=hold_s))
            if one.hold_longer
            else one.match_until
            for one in records
        ],
    )


def _heads(tx: Tx, records: Sequence[DonationAggregate]) -> dict[int, tuple[int, int]]:
    """Count donations by donor, by what entered and left the counted states; answers by campaign how many
    donations and donors more there are."""
    deltas: Counter[tuple[int, str]] = Counter()
    for one in records:
        delta = (one.status in COUNTED) - (one.status_was in COUNTED)
        if delta:
            deltas[one.campaign_id, one.donor_key] += delta
    changed = sorted(key for key, delta in deltas.items() if delta)
    if not changed:
        return {}
    rows = tx.rows(
        """INSERT INTO campaign_donor AS held (campaign_id, donor_key, donations)
           SELECT * FROM unnest(CAST(:campaigns AS bigint[]), CAST(:donors AS text[]), CAST(:deltas AS int[]))
           ON CONFLICT (campaign_id, donor_key) DO UPDATE SET donations = held.donations + excluded.donations
           RETURNING campaign_id, donor_key, donations""",
        campaigns=[campaign for campaign, _ in changed],
        donors=[donor for _, donor in changed],
        deltas=[deltas[key] for key in changed],
    )
    heads: dict[int, tuple[int, int]] = {}
    for campaign_id, donor, count in rows:
        delta = deltas[campaign_id, donor]
        gifts, donors = heads.get(campaign_id, (0, 0))
        heads[campaign_id] = (gifts + delta, donors + (count > 0) - (count - delta > 0))
    return heads


def _tally(tx: Tx, heads: dict[int, tuple[int, int]]) -> None:
    if not heads:
        return
    ids = sorted(heads)
    tx.run(
        """UPDATE campaign_tally t SET donations = t.donations + u.gifts, donors = t.donors + u.heads
             FROM unnest(CAST(:ids AS bigint[]), CAST(:gifts AS bigint[]), CAST(:heads AS bigint[]))
                  AS u(id, gifts, heads)
            WHERE t.campaign_id = u.id""",
        ids=ids,
        gifts=[heads[id_][0] for id_ in ids],
        heads=[heads[id_][1] for id_ in ids],
    )
