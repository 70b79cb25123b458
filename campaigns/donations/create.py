"""A donor commits: the donation is stored and its match held (transaction A of the way of a donation).

Takes a batch, because donors who meet on the same pots then share one transaction and one lock; a single
donation is a batch of one.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from campaigns.dependencies import Dependencies
from campaigns.donations import contact
from campaigns.donations.commands import CreateDonation, campaign_closed, command_fault, match_short
from campaigns.donations.states import Status
from campaigns.donations.transitions import Transition, transition
from campaigns.donations.view import DonationView, MatchPart, donation_views
from campaigns.lifecycle.campaign import SharedCampaign, lock_shared
from campaigns.lifecycle.entries import Entry, entries
from campaigns.projects.targets import projects_of_counties, targets
from kernel.db import Tx
from kernel.errors import Conflict, NotFound, Refusal
from ledger.post import post
from matching.pot_state import pot_states
from matching.requests import MatchableDonation, PotQuery, ReservationRequest
from matching.reserve import LockedPots, PlannedMatch, lock_pots, plan_matches, write_matches


class Created(NamedTuple):
    """The donation as it stands; `created` is false when the same request had come before."""

    donation: DonationView
    created: bool


class _Retry(Exception):
    """Another transaction stored one of our ids first: start again and see it."""


def create_donations(deps: Dependencies, commands: Sequence[CreateDonation]) -> list[Created | Refusal]:
    """Store donations and hold their match, all in one transaction; one answer a wish, in order.

    A refusal stands in the answer of its wish and does not disturb the others. Codes: `amount_invalid`,
    `currency_unknown`, `donor_invalid`, `campaign_unknown`, `campaign_not_open`, `project_unknown`,
    `project_not_in_campaign`, `donation_id_reused`, `match_short` (with what is free per pot).
    """
    for _ in range(3):
        try:
            with deps.db.transaction(by_key=True) as tx:
                return _Batch(deps, tx, commands).answers()
        except _Retry:
            continue
    raise RuntimeError("donation ids kept colliding")  # pragma: no cover - needs three lost races in a row


class _Batch:
    """One transaction's worth of wishes; `answer` collects what each gets."""

    def __init__(self, deps: Dependencies, tx: Tx, commands: Sequence[CreateDonation]) -> None:
        self.deps = deps
        self.tx = tx
        self.asked = commands
        self.commands: dict[UUID, CreateDonation] = {}
        for command in commands:
            self.commands.setdefault(command.id, command)
        self.hashes = {id(command): command.body_hash() for command in commands}
        self.answer: dict[UUID, Created | Refusal] = {}
        self.campaigns: dict[str, SharedCampaign] = {}
        self.entries: dict[tuple[int, int], Entry] = {}  # (campaign, project) -> the project's name and place

    def answers(self) -> list[Created | Refusal]:
        slugs = sorted({command.campaign for command in self.commands.values()})
        self.campaigns = {one.slug: one for one in lock_shared(self.tx, slugs=slugs)}
        for id_, found in donation_views(self.tx, list(self.commands)).items():
            self.answer[id_] = Created(found, created=False)
        self._judge()
        locked = self._lock_pots()
        self._judge_time()
        requests = [self._request(one) for one in self._waiting()]
        self._store(plan_matches(self.tx, locked, requests, projects_of_counties))
        return [self._answer_to(command) for command in self.asked]

    def _waiting(self) -> list[CreateDonation]:
        return [command for command in self.commands.values() if command.id not in self.answer]

    def _answer_to(self, command: CreateDonation) -> Created | Refusal:
        """The answer; a repeat with another body is refused, whether it comes later or in the same batch."""
        answer = self.answer[command.id]
        if isinstance(answer, Created):
            if answer.donation.request_hash != self.hashes[id(command)]:
                return Conflict("donation_id_reused")
            self.answer[command.id] = Created(answer.donation, created=False)  # for the next of the same id
        return answer

    def _judge(self) -> None:
        """Refuse what cannot be a donation here, whatever the time."""
        commands = self._waiting()
        pairs = {(self.campaigns[w.campaign].id, w.project) for w in commands if w.campaign in self.campaigns}
        self.entries = entries(self.tx, sorted(pairs)) if pairs else {}
        for command in commands:
            refusal = self._refusal(command)
            if refusal is not None:
                self.answer[command.id] = refusal

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

    def _lock_pots(self) -> LockedPots:
        commands = self._waiting()
        pots = {one.id: pot_states(self.tx, one.id, one.matching_version) for one in self.campaigns.values()}
        self.pot_names = {pot.pot_id: pot.name for some in pots.values() for pot in some}
        places = {
            PotQuery(self.campaigns[command.campaign].id, self._entry(command).target, "pledge")
            for command in commands
        }
        return lock_pots(self.tx, places, pots)

    def _judge_time(self) -> None:
        """Is the event open? Asked under its lock and with a clock read after every wait: a late closer never
        admits a late donation."""
        now = self.tx.now
        for command in self._waiting():
            refusal = campaign_closed(self.campaigns[command.campaign], now)
            if refusal is not None:
                self.answer[command.id] = refusal

    def _request(self, command: CreateDonation) -> ReservationRequest:
        campaign = self.campaigns[command.campaign]
        donor = contact.donor_key(self.deps.keys, command.donor, command.id, command.visitor)
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
        """Write down what was not refused, and answer everyone."""
        for one in plans:
            if one.refused:
                self.answer[one.request.donation_id] = match_short(one)
        made = [one for one in plans if not one.refused]
        if not made:
            return
        self._insert([self.commands[one.request.donation_id] for one in made], made)
        post(self.tx, write_matches(self.tx, made, "pledge"))
        for one in made:
            self.answer[one.request.donation_id] = Created(self._view(one), created=True)

    def _view(self, one: PlannedMatch) -> DonationView:
        """How the new donation stands: what `standing` would read of the rows just written."""
        command = self.commands[one.request.donation_id]
        campaign = self.campaigns[command.campaign]
        return DonationView(
            id=command.id,
            campaign=campaign.slug,
            campaign_name=campaign.name,
            project_id=command.project,
            project_name=self._entry(command).project_name,
            amount_minor=command.amount_minor,
            refunded_minor=0,
            currency=command.currency,
            status=str(Status.PENDING),
            channel=command.channel,
            message=command.message,
            accept_unmatched=command.accept_unmatched,
            request_hash=self.hashes[id(command)],
            pledged_at=self.tx.now,
            match_until=self._until(),
            paid_at=None,
            provider=self.deps.gateway.provider,
            payment_reference=None,
            payment_url=None,
            client_secret=None,
            parts=tuple(
                MatchPart(part.pot_id, self.pot_names[part.pot_id], part.given_minor, "reserved")
                for part in one.allocation.parts
            ),
        )

    def _until(self) -> datetime:
        return self.tx.now + timedelta(seconds=self.deps.limits.hold_s)

    def _insert(self, commands: Sequence[CreateDonation], plans: Sequence[PlannedMatch]) -> None:
        rows = self.tx.rows(
            """INSERT INTO donation (id, campaign_id, project_id, amount_minor, currency, status, channel,
                                     source_code, team, message, donor_key, device_key, publish_name,
                                     accept_unmatched, request_hash, pledged_at, match_until, provider)
               SELECT u.id, u.campaign, u.project, u.amount, u.currency, 'pending', u.channel, u.source,
                      u.team, u.message, u.donor, u.device, u.publish, u.accept, u.hash, :now, :until, :provider
                 FROM unnest(CAST(:id AS uuid[]), CAST(:campaign AS bigint[]), CAST(:project AS bigint[]),
                             CAST(:amount AS bigint[]), CAST(:currency AS text[]), CAST(:channel AS text[]),
                             CAST(:source AS text[]), CAST(:team AS text[]), CAST(:message AS text[]),
                             CAST(:donor AS text[]), CAST(:device AS text[]), CAST(:publish AS boolean[]),
                             CAST(:accept AS boolean[]), CAST(:hash AS text[]))
                      AS u(id, campaign, project, amount, currency, channel, source, team, message, donor,
                           device, publish, accept, hash)
                ORDER BY u.id
               ON CONFLICT (id) DO NOTHING RETURNING id""",
            id=[command.id for command in commands],
            campaign=[one.request.campaign_id for one in plans],
            project=[command.project for command in commands],
            amount=[command.amount_minor for command in commands],
            currency=[command.currency for command in commands],
            channel=[command.channel for command in commands],
            source=[command.source_code for command in commands],
            team=[command.team for command in commands],
            message=[command.message for command in commands],
            donor=[one.request.allocation_request.donor for one in plans],
            device=[contact.device_key(self.deps.keys, command.visitor) for command in commands],
            publish=[command.donor.publish_name and not command.donor.anonymous for command in commands],
            accept=[command.accept_unmatched for command in commands],
            hash=[self.hashes[id(command)] for command in commands],
            now=self.tx.now,
            until=self._until(),
            provider=self.deps.gateway.provider,
        )
        if len(rows) < len(commands):
            raise _Retry
        contact.store_contacts(
            self.tx,
            self.deps.keys,
            [
                (command.id, one.request.allocation_request.donor, command.donor)
                for command, one in zip(commands, plans, strict=True)
            ],
        )
        transition(self.tx, [Transition(command.id, None, Status.PENDING, "pledged") for command in commands])
