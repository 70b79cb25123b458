"""Create donations and reserve their match (transaction A in the life of a donation).

Donations are created in batches, so that donors who compete for the same pots share one transaction and one lock. A
single donation is a batch of one.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from campaigns.dependencies import Dependencies
from campaigns.donations.commands import CreateDonation, campaign_closed, command_fault, match_short
from campaigns.donations.donors import contact
from campaigns.donations.donors.erased import DonorIn, keys_after_erasure
from campaigns.donations.models import Donation
from campaigns.donations.personal_rows import NewDonor, personal_rows
from campaigns.donations.replace import refuse_being_paid, release_replaced
from campaigns.donations.states import Status, Transition
from campaigns.donations.transitions import history_rows
from campaigns.donations.unpaid.unpaid_limits import UnpaidReservations, stored_network
from campaigns.donations.unpaid.unusual import Gift, load_gifts, unusual
from campaigns.donations.view import DonationRow, DonationView, MatchPart, donation_views, select_rows
from campaigns.lifecycle.campaign import SharedCampaign, lock_shared
from campaigns.lifecycle.entries import Entry, entries
from campaigns.projects.targets import projects_of_counties, targets
from kernel.bulk import insert_rows_as
from kernel.db import Tx
from kernel.errors import Conflict, NotFound, Refusal
from ledger.post import post
from matching.pot_state import pot_states
from matching.requests import MatchableDonation, PotQuery, ReservationRequest
from matching.reserve import LockedPots, PlannedMatch, lock_pots, plan_matches, write_matches


class Created(NamedTuple):
    """A donation; `created` is false if a repeated request found it stored already."""

    donation: DonationView
    created: bool


class _Retry(Exception):
    """Another transaction stored one of these ids first. Start again and read it."""


def create_donations(deps: Dependencies, commands: Sequence[CreateDonation]) -> list[Created | Refusal]:
    """Create donations and reserve their match; return one result per command, in order.

    All are stored in one transaction, except those that replace unpaid donations. Each of these has its own
    transaction. If the command is refused, it is rolled back, and the donations to replace stay unchanged.

    A refused command gets its Refusal as its result and does not affect the others. Codes: those of
    `command_fault`, `campaign_unknown`, `campaign_not_open`, `listing_withdrawn`, `project_unknown`,
    `project_not_in_campaign`, `donation_id_reused`, `match_short` (with the free amount per pot), `giving_unusual`
    (with what to send to confirm), `giving_paused` (with the time when it ends), `too_many_unpaid`,
    `unpaid_match_limit` (with the limit per pot), `replaced_unknown`, `replaced_being_paid`.
    """
    together = [command for command in commands if not command.replaces]
    results = iter(_create_together(deps, together) if together else [])
    return [_create_replacing(deps, command) if command.replaces else next(results) for command in commands]


def _create_replacing(deps: Dependencies, command: CreateDonation) -> Created | Refusal:
    """Create one donation that replaces others, all or nothing."""
    try:
        refuse_being_paid(deps, command)
        return _create_together(deps, [command], all_or_nothing=True)[0]
    except Refusal as refusal:
        return refusal


def _create_together(
    deps: Dependencies, commands: Sequence[CreateDonation], *, all_or_nothing: bool = False
) -> list[Created | Refusal]:
    """Create donations in one transaction. `all_or_nothing`: raise a refusal instead of returning it."""
    for _ in range(3):
        try:
            with deps.db.transaction(by_key=True) as tx:
                results = _Batch(deps, tx, commands).run()
                for result in results if all_or_nothing else ():
                    if isinstance(result, Refusal):
                        raise result
                return results
        except _Retry:
            continue
    raise RuntimeError("donation ids kept colliding")  # pragma: no cover - needs three lost races in a row


class _Batch:
    """The commands of one transaction; `results` collects the result of each."""

    def __init__(self, deps: Dependencies, tx: Tx, commands: Sequence[CreateDonation]) -> None:
        self.deps = deps
        self.tx = tx
        self.received = commands
        self.commands: dict[UUID, CreateDonation] = {}
        for command in commands:
            self.commands.setdefault(command.id, command)
        self.hashes = {id(command): command.body_hash() for command in commands}
        self.keyed = {hash_: deps.keys.content(hash_) for hash_ in self.hashes.values()}
        self.results: dict[UUID, Created | Refusal] = {}
        self.campaigns: dict[str, SharedCampaign] = {}
        self.entries: dict[tuple[int, int], Entry] = {}  # by campaign and project

    def run(self) -> list[Created | Refusal]:
        slugs = sorted({command.campaign for command in self.commands.values()})
        self.campaigns = {campaign.slug: campaign for campaign in lock_shared(self.tx, slugs=slugs)}
        for donation_id, view in donation_views(self.tx, list(self.commands)).items():
            self.results[donation_id] = Created(view, created=False)
        self._refuse_invalid()
        self._release_replaced()
        donors = self._donors()
        locked = self._lock_pots()
        gifts = load_gifts(self.tx, donors.values())
        self._refuse_closed()
        self._ask_or_pause(donors, gifts)
        self.unpaid = UnpaidReservations(self.deps.keys, self.deps.limits, locked)
        self.unpaid.load(self.tx, self._pending(), donors, gifts)
        requests = [self._request(command, donors[command.id]) for command in self._pending()]
        self._store(plan_matches(self.tx, locked, requests, projects_of_counties, self.unpaid.admits))
        return [self._result_of(command) for command in self.received]

    def _pending(self) -> list[CreateDonation]:
        return [command for command in self.commands.values() if command.id not in self.results]

    def _result_of(self, command: CreateDonation) -> Created | Refusal:
        """Return the result. A repeat with another body is refused, whether it comes later or in the same batch."""
        result = self.results[command.id]
        if isinstance(result, Created):
            plain = self.hashes[id(command)]  # as earlier versions stored it
            if result.donation.request_hash not in (self.keyed[plain], plain):
                return Conflict("donation_id_reused")
            self.results[command.id] = Created(result.donation, created=False)  # for the next command with this id
        return result

    def _refuse_invalid(self) -> None:
        """Refuse commands that are invalid at any time."""
        commands = self._pending()
        pairs = {(self.campaigns[c.campaign].id, c.project) for c in commands if c.campaign in self.campaigns}
        self.entries = entries(self.tx, sorted(pairs)) if pairs else {}
        for command in commands:
            refusal = self._refusal(command)
            if refusal is not None:
                self.results[command.id] = refusal

    def _refusal(self, command: CreateDonation) -> Refusal | None:
        campaign = self.campaigns.get(command.campaign)
        if campaign is None:
            return NotFound("campaign_unknown")
        if (campaign.id, command.project) not in self.entries:
            if not targets(self.tx, [command.project]):
                return NotFound("project_unknown")
            return Conflict("project_not_in_campaign")
        return command_fault(command, campaign, self.deps.limits)

    def _entry(self, command: CreateDonation) -> Entry:
        return self.entries[self.campaigns[command.campaign].id, command.project]

    def _release_replaced(self) -> None:
        for command in self._pending():
            if command.replaces:
                campaign = self.campaigns[command.campaign]
                pots = pot_states(self.tx, campaign.id, campaign.matching_version)
                release_replaced(self.tx, self.deps, command, campaign.id, pots)

    def _lock_pots(self) -> LockedPots:
        pots = {
            campaign.id: pot_states(self.tx, campaign.id, campaign.matching_version)
            for campaign in self.campaigns.values()
        }
        self.pot_names = {pot.pot_id: pot.name for states in pots.values() for pot in states}
        queries = {
            PotQuery(self.campaigns[command.campaign].id, self._entry(command).target, "pledge")
            for command in self._pending()
        }
        return lock_pots(self.tx, queries, pots)

    def _refuse_closed(self) -> None:
        """Refuse donations outside their campaign's time. The campaign is locked and the clock is read after every
        wait, so that a campaign closed late never admits a late donation."""
        now = self.tx.now
        for command in self._pending():
            refusal = campaign_closed(self.campaigns[command.campaign], now)
            if refusal is not None:
                self.results[command.id] = refusal

    def _donors(self) -> dict[UUID, str]:
        """Return the donor whose caps each command counts against. An erased donor still counts as one donor."""
        keys = self.deps.keys
        donors = {
            command.id: DonorIn(
                self.campaigns[command.campaign].id,
                contact.donor_key(keys, command.donor, command.id, command.visitor),
            )
            for command in self._pending()
        }
        erased = keys_after_erasure(self.tx, keys, donors.values())
        return {id_: erased.get(donor, donor.donor_key) for id_, donor in donors.items()}

    def _ask_or_pause(self, donors: Mapping[UUID, str], gifts: Mapping[str, list[Gift]]) -> None:
        """Refuse gifts that are unusual for their donor, counting earlier commands of the batch."""
        now = self.tx.now
        for command in self._pending():
            donor = donors[command.id]
            refusal = unusual(command, donor, gifts.get(donor, []), self.deps.limits, now)
            if refusal is not None:
                self.results[command.id] = refusal
            elif donor in gifts:
                gifts[donor].insert(0, Gift(now, command.amount_minor))

    def _request(self, command: CreateDonation, donor: str) -> ReservationRequest:
        campaign = self.campaigns[command.campaign]
        now = self.tx.now
        donation = MatchableDonation(
            command.id, campaign.id, command.amount_minor, self._entry(command).target, donor, now
        )
        return donation.reservation_request(
            stage="pledge",
            window_open=campaign.windows.open_at(now),
            accept_unmatched=command.accept_unmatched,
        )

    def _store(self, plans: Sequence[PlannedMatch]) -> None:
        """Store the donations that were not refused, with their match."""
        accepted = []
        for plan in plans:
            if refusal := self.unpaid.refusal_of(plan) or (match_short(plan) if plan.refused else None):
                self.results[plan.request.donation_id] = refusal
            else:
                accepted.append(plan)
        if not accepted:
            return
        rows = self._insert(accepted)
        post(self.tx, write_matches(self.tx, accepted, "pledge"))
        for plan in accepted:
            donation_id = plan.request.donation_id
            view = DonationView.of(rows[donation_id], self._match_parts(plan))
            self.results[donation_id] = Created(view, created=True)

    def _match_parts(self, plan: PlannedMatch) -> list[MatchPart]:
        return [
            MatchPart(part.pot_id, self.pot_names[part.pot_id], part.given_minor, "reserved")
            for part in plan.allocation.parts
        ]

    def _insert(self, plans: Sequence[PlannedMatch]) -> dict[UUID, DonationRow]:
        """Insert donations with their contacts and history, and return them by id."""
        ordered = sorted(plans, key=lambda plan: plan.request.donation_id)
        steps = [Transition(plan.request.donation_id, None, Status.PENDING, "pledged") for plan in ordered]
        donors = [
            NewDonor(self.commands[request.donation_id], request.allocation_request.donor, request.campaign_id)
            for request in (plan.request for plan in ordered)
        ]
        rows = insert_rows_as(
            self.tx,
            DonationRow,
            Donation,
            self._columns(ordered),
            conflict="(id)",
            select=_SELECT_NEW,
            beside=[history_rows(steps, self.tx.now), *personal_rows(self.tx, self.deps.keys, donors)],
        )
        if len(rows) < len(plans):
            raise _Retry
        return {row.id: row for row in rows}

    def _columns(self, plans: Sequence[PlannedMatch]) -> dict[str, Any]:
        commands = [self.commands[plan.request.donation_id] for plan in plans]
        return {
            "id": [command.id for command in commands],
            "campaign_id": [plan.request.campaign_id for plan in plans],
            "project_id": [command.project for command in commands],
            "amount_minor": [command.amount_minor for command in commands],
            "currency": [command.currency for command in commands],
            "channel": [command.channel for command in commands],
            "source_code": [command.source_code for command in commands],
            "team": [command.team for command in commands],
            "message": "",
            "donor_key": [plan.request.allocation_request.donor for plan in plans],
            "device_key": [contact.device_key(self.deps.keys, command.visitor) for command in commands],
            "network_key": [
                stored_network(self.deps.keys, command, plan.request.allocation_request.donor)
                for command, plan in zip(commands, plans, strict=True)
            ],
            "publish_name": [command.donor.publishes for command in commands],
            "accept_unmatched": [command.accept_unmatched for command in commands],
            "request_hash": [self.keyed[self.hashes[id(command)]] for command in commands],
            "status": str(Status.PENDING),
            "pledged_at": self.tx.now,
            "match_until": [self.tx.now + timedelta(seconds=self.unpaid.reservation_s(plan)) for plan in plans],
            "provider": self.deps.gateway.provider,
        }


_SELECT_NEW = select_rows("new")
