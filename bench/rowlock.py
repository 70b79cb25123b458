"""The baseline: donations as one would write them first, with row locks, one transaction each, all through the ORM.

It uses the same rules (the pure `allocate`) and writes the same rows and books as the engine, so that `check_books`
holds for its donations, too. Nothing is slowed down on purpose: sums come from indexes and account balances.
"""

import os
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from campaigns.dependencies import Dependencies
from campaigns.donations.commands import CreateDonation
from campaigns.donations.donors.contact import donor_key, seal_personal
from campaigns.donations.donors.person_keys import context_of
from campaigns.donations.donors.person_models import DonationContact, PersonKey
from campaigns.donations.models import Donation, DonationHistory
from campaigns.donations.open_payment import order_of
from campaigns.donations.view import DonationView, MatchPart
from campaigns.lifecycle.models import Campaign, CampaignEntry
from campaigns.projects.models import Project
from kernel.clock import local_day
from kernel.errors import Conflict, NotFound
from ledger.chart import Account, pot_free, pot_reserved
from ledger.kinds import TransferKind
from ledger.models import LedgerAccount, LedgerTransfer
from matching.allocate import (
    Allocation,
    AllocationRequest,
    Capacity,
    Offer,
    PotEvaluation,
    allocate,
    serving_offers,
)
from matching.models import MatchDecision, Pot, PotFunding, PotRules, Reservation
from matching.reserve import trace
from matching.rules import Target, parse
from payments.gateway import OpenedPayment


def create_donation(deps: Dependencies, command: CreateDonation) -> DonationView:
    """Store the donation, reserve its match, open the payment and store its reference.

    Raises the same refusals as the engine.
    """
    with Session(deps.db.engine, expire_on_commit=False) as session:
        with session.begin():
            donation = _Creation(deps, session, command).run()
        opened = deps.gateway.open_checkout(order_of(deps, donation, command.locale))
        with session.begin():
            return _store_payment(session, donation, opened)


def _store_payment(session: Session, donation: DonationView, opened: OpenedPayment) -> DonationView:
    row = session.get_one(Donation, donation.id, with_for_update=True, populate_existing=True)
    row.payment_reference, row.payment_url, row.status = opened.reference, opened.url, "paying"
    session.add(
        _history(row, "pending", "paying", "payment_opened", session.exec(select(func.clock_timestamp())).one())
    )
    return replace(donation, status="paying", payment_reference=opened.reference, payment_url=opened.url)


def _history(row: Donation, from_: str | None, to: str, cause: str, now: datetime) -> DonationHistory:
    return DonationHistory(donation_id=row.id, from_status=from_, to_status=to, at=now, cause=cause)


class _Creation:
    """The creation of one donation in one transaction."""

    def __init__(self, deps: Dependencies, session: Session, command: CreateDonation) -> None:
        self.deps, self.session, self.command = deps, session, command
        self.donor = donor_key(deps.keys, command.donor, command.id, command.visitor)

    def run(self) -> DonationView:
        statement = select(Campaign).where(Campaign.slug == self.command.campaign)
        self.campaign = self.session.exec(statement.with_for_update(read=True)).one()
        self.project = self._project()
        pots = self._lock_pots()
        self.now: datetime = self.session.exec(select(func.clock_timestamp())).one()
        if not self.campaign.opens_at <= self.now < self.campaign.ends_at:
            raise Conflict("campaign_not_open")
        allocation = self._allocate(pots)
        if allocation.short and not self.command.accept_unmatched:
            raise Conflict("match_short")
        donation = self._donation()
        self.session.add(donation)
        self.session.flush()
        decision = self._decide(donation, allocation)
        parts = [self._reserve(donation, decision, part) for part in allocation.parts]
        names = {pot.id: pot.name for pot in pots}
        return self._view(donation, [MatchPart(p, names[p], amount, "reserved") for p, amount in parts])

    def _project(self) -> Project:
        project = self.session.get(Project, self.command.project)
        if project is None:
            raise NotFound("project_unknown")
        if self.session.get(CampaignEntry, (self.campaign.id, project.id)) is None:
            raise Conflict("project_not_in_campaign")
        return project

    def _lock_pots(self) -> Sequence[Pot]:
        statement = select(Pot).where(Pot.campaign_id == self.campaign.id).order_by(col(Pot.id))
        return self.session.exec(statement.with_for_update()).all()

    def _allocate(self, pots: Sequence[Pot]) -> Allocation:
        project = self.project
        assert project.id is not None
        target = Target(
            project.id, project.level, project.tier, tuple(project.lineage), project.county_code, project.rating
        )
        day = local_day(self.now).isoformat()
        self.request = AllocationRequest(self.command.amount_minor, target, self.donor, day)
        capacity = Capacity({pot.id: self._free(pot) for pot in pots if pot.id is not None})
        for pot in pots:
            self._add_usage(capacity, pot)
        return allocate(self.request, serving_offers((self._offer(pot) for pot in pots), target), capacity)

    def _offer(self, pot: Pot) -> Offer:
        statement = (
            select(PotRules)
            .where(PotRules.pot_id == pot.id, col(PotRules.valid_from) <= self.now)
            .order_by(col(PotRules.version).desc())
        )
        newest = self.session.exec(statement).first()
        assert newest is not None and newest.id is not None and pot.id is not None
        return Offer.of(pot.id, newest.id, parse(newest.rules), pot.rank)

    def _free(self, pot: Pot) -> int:
        assert pot.id is not None
        to_come = select(func.coalesce(func.sum(PotFunding.amount_minor), 0)).where(
            PotFunding.pot_id == pot.id, col(PotFunding.opens_at) > self.now, col(PotFunding.amount_minor) > 0
        )
        return self._account(pot_free(pot.id)).balance_minor - int(self.session.exec(to_come).one())

    def _add_usage(self, capacity: Capacity, pot: Pot) -> None:
        """Add the usage of each cap: of donors from their reservations, of the others from the accounts."""
        assert pot.id is not None
        used = select(func.coalesce(func.sum(Reservation.live_minor), 0)).where(
            Reservation.donor_key == self.donor, Reservation.pot_id == pot.id, Reservation.state != "released"
        )
        day = local_day(self.now)
        of_day = int(self.session.exec(used.where(Reservation.day == day)).one())
        capacity.add_usage(pot.id, "donor_day_minor", (self.donor, day.isoformat()), of_day)
        capacity.add_usage(pot.id, "donor_minor", self.donor, int(self.session.exec(used).one()))
        target = self.request.target
        capacity.add_usage(pot.id, "project_minor", target.project_id, self._used(pot, [target.project_id]))
        county = select(Project.id).where(Project.county_code == target.county_code)
        ids = [id_ for id_ in self.session.exec(county) if id_ is not None]
        capacity.add_usage(pot.id, "county_minor", target.county_code, self._used(pot, ids))

    def _used(self, pot: Pot, project_ids: Sequence[int]) -> int:
        kinds = ("pot_reserved", "pot_captured", "pot_released")
        statement = select(func.coalesce(func.sum(LedgerAccount.balance_minor), 0)).where(
            LedgerAccount.pot_id == pot.id,
            col(LedgerAccount.kind).in_(kinds),
            col(LedgerAccount.project_id).in_(project_ids),
        )
        return int(self.session.exec(statement).one())

    def _donation(self) -> Donation:
        command, project = self.command, self.project
        assert self.campaign.id is not None and project.id is not None
        return Donation(
            id=command.id,
            campaign_id=self.campaign.id,
            project_id=project.id,
            amount_minor=command.amount_minor,
            currency=command.currency,
            status="pending",
            channel=command.channel,
            source_code=command.source_code,
            team=command.team,
            message=command.message,
            donor_key=self.donor,
            publish_name=command.donor.publish_name and not command.donor.anonymous,
            accept_unmatched=command.accept_unmatched,
            request_hash=command.body_hash(),
            pledged_at=self.now,
            match_until=self.now + timedelta(seconds=self.deps.limits.reservation_s),
            provider=self.deps.gateway.provider,
        )

    def _seal(self, donation_id: UUID, personal: dict[str, str]) -> None:
        """Store the donor's personal data, sealed with a separate key."""
        keys, key = self.deps.keys, os.urandom(32)
        wrapped = keys.wrap(key, context_of(donation_id))
        self.session.add(
            PersonKey(donation_id=donation_id, donor_key=self.donor, key_id=keys.key_id, wrapped=wrapped)
        )
        sealed = seal_personal(key, donation_id, personal)
        self.session.add(DonationContact(donation_id=donation_id, sealed=sealed))

    def _decide(self, donation: Donation, allocation: Allocation) -> MatchDecision:
        """Store the history, the sealed contact and the match decision, and return the decision."""
        self.session.add(_history(donation, None, "pending", "pledged", self.now))
        if personal := self.command.donor.contact():
            self._seal(donation.id, personal)
        decision = MatchDecision(
            donation_id=donation.id, cause="pledge", decided_at=self.now, window_open=True, trace=trace(allocation)
        )
        self.session.add(decision)
        self.session.flush()
        return decision

    def _reserve(self, donation: Donation, decision: MatchDecision, part: PotEvaluation) -> tuple[int, int]:
        """Store a reservation, its transfer and both balances. Return the pot and the amount in fen."""
        reservation = Reservation(
            decision_id=decision.id,
            donation_id=donation.id,
            pot_id=part.pot_id,
            rules_id=part.rules_id,
            project_id=donation.project_id,
            amount_minor=part.given_minor,
            returned_minor=0,
            state="reserved",
            donor_key=self.donor,
            day=local_day(self.now),
            created_at=self.now,
        )
        self.session.add(reservation)
        self.session.flush()
        free = self._account(pot_free(part.pot_id))
        reserved = self._account(pot_reserved(part.pot_id, donation.project_id))
        transfer = LedgerTransfer(
            key=f"reservation:{reservation.id}:hold",
            debit_account=free.id,
            credit_account=reserved.id,
            amount_minor=part.given_minor,
            kind=TransferKind.MATCH_RESERVED,
            donation_id=donation.id,
            reservation_id=reservation.id,
            recorded_at=self.now,
        )
        self.session.add(transfer)
        free.balance_minor -= part.given_minor
        reserved.balance_minor += part.given_minor
        return part.pot_id, part.given_minor

    def _account(self, name: Account) -> LedgerAccount:
        """Return an account, opening it if it is missing. The lock on the pot guards all accounts of the pot."""
        statement = select(LedgerAccount).where(LedgerAccount.name == name.name)
        locked = statement.with_for_update().execution_options(populate_existing=True)
        account = self.session.exec(locked).first()
        if account is None:
            account = LedgerAccount(**name._asdict(), balance_minor=0, floor_minor=name.floor_minor)
            self.session.add(account)
            self.session.flush()
        return account

    def _view(self, row: Donation, parts: Sequence[MatchPart]) -> DonationView:
        same: dict[str, Any] = {
            field.name: getattr(row, field.name)
            for field in fields(DonationView)
            if hasattr(Donation, field.name) and field.name != "parts"
        }
        return DonationView(
            **same,
            campaign=self.campaign.slug,
            campaign_name=self.campaign.name,
            project_name=self.project.name,
            project_theme=self.project.theme,
            parts=tuple(parts),
        )
