"""A donor commits: the donation is stored and its match held (transaction A of the way of a donation).

Takes a batch, because donors who meet on the same pots then share one transaction and one lock; a single
donation is a batch of one.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from campaigns.donations import contact
from campaigns.donations.moves import Move, move
from campaigns.donations.standing import MatchPart, Standing, standings
from campaigns.donations.states import Status
from campaigns.donations.wish import Give, closed, fault, short
from campaigns.engine import Engine
from campaigns.events.campaigns import Entry, Shared, entries, share
from campaigns.projects.projects import neighbours, targets
from kernel.clock import local_day
from kernel.db import Tx
from kernel.errors import Conflict, NotFound, Refusal
from ledger.post import post
from matching.allocate import Gift
from matching.offers import pots_of
from matching.reserve import Locked, Place, Plan, Wish, lock_for, plan, write


class Given(NamedTuple):
    """The donation as it stands; `created` is false when the same request had come before."""

    standing: Standing
    created: bool


class _Retry(Exception):
    """Another transaction stored one of our ids first: start again and see it."""


def give(engine: Engine, wishes: Sequence[Give]) -> list[Given | Refusal]:
    """Store donations and hold their match, all in one transaction; one answer a wish, in order.

    A refusal stands in the answer of its wish and does not disturb the others. Codes: `amount_invalid`,
    `currency_unknown`, `donor_invalid`, `campaign_unknown`, `campaign_not_open`, `project_unknown`,
    `project_not_in_campaign`, `donation_id_reused`, `match_short` (with what is free per pot).
    """
    for _ in range(3):
        try:
            with engine.db.transaction(by_key=True) as tx:
                return _Batch(engine, tx, wishes).answers()
        except _Retry:
            continue
    raise RuntimeError("donation ids kept colliding")  # pragma: no cover - needs three lost races in a row


class _Batch:
    """One transaction's worth of wishes; `answer` collects what each gets."""

    def __init__(self, engine: Engine, tx: Tx, wishes: Sequence[Give]) -> None:
        self.engine = engine
        self.tx = tx
        self.asked = wishes
        self.wishes: dict[UUID, Give] = {}
        for wish in wishes:
            self.wishes.setdefault(wish.id, wish)
        self.hashes = {id(wish): wish.body_hash() for wish in wishes}
        self.answer: dict[UUID, Given | Refusal] = {}
        self.campaigns: dict[str, Shared] = {}
        self.entries: dict[tuple[int, int], Entry] = {}  # (campaign, project) -> the project's name and place

    def answers(self) -> list[Given | Refusal]:
        slugs = sorted({wish.campaign for wish in self.wishes.values()})
        self.campaigns = {one.slug: one for one in share(self.tx, slugs=slugs)}
        for id_, found in standings(self.tx, list(self.wishes)).items():
            self.answer[id_] = Given(found, created=False)
        self._judge()
        locked = self._lock_pots()
        self._judge_time()
        wishes = [self._wish(one) for one in self._waiting()]
        self._store(plan(self.tx, locked, wishes, neighbours))
        return [self._answer_to(wish) for wish in self.asked]

    def _waiting(self) -> list[Give]:
        return [wish for wish in self.wishes.values() if wish.id not in self.answer]

    def _answer_to(self, wish: Give) -> Given | Refusal:
        """The answer; a repeat with another body is refused, whether it comes later or in the same batch."""
        answer = self.answer[wish.id]
        if isinstance(answer, Given):
            if answer.standing.request_hash != self.hashes[id(wish)]:
                return Conflict("donation_id_reused", "this id belongs to another donation")
            self.answer[wish.id] = Given(answer.standing, created=False)  # for the next of the same id
        return answer

    def _judge(self) -> None:
        """Refuse what cannot be a donation here, whatever the time."""
        wishes = self._waiting()
        pairs = {(self.campaigns[w.campaign].id, w.project) for w in wishes if w.campaign in self.campaigns}
        self.entries = entries(self.tx, sorted(pairs)) if pairs else {}
        for wish in wishes:
            refusal = self._refusal(wish)
            if refusal is not None:
                self.answer[wish.id] = refusal

    def _refusal(self, wish: Give) -> Refusal | None:
        campaign = self.campaigns.get(wish.campaign)
        if campaign is None:
            return NotFound("campaign_unknown", "there is no such campaign")
        if (campaign.id, wish.project) not in self.entries:
            if not targets(self.tx, [wish.project]):
                return NotFound("project_unknown", "there is no such project")
            return Conflict("project_not_in_campaign", "the project does not raise money in this campaign")
        return fault(wish, campaign, self.engine.limits)

    def _entry(self, wish: Give) -> Entry:
        return self.entries[self.campaigns[wish.campaign].id, wish.project]

    def _lock_pots(self) -> Locked:
        wishes = self._waiting()
        pots = {one.id: pots_of(self.tx, one.id, one.matching_version) for one in self.campaigns.values()}
        self.pot_names = {pot.pot_id: pot.name for some in pots.values() for pot in some}
        places = {Place(self.campaigns[wish.campaign].id, self._entry(wish).target, "pledge") for wish in wishes}
        return lock_for(self.tx, places, pots)

    def _judge_time(self) -> None:
        """Is the event open? Asked under its lock and with a clock read after every wait: a late closer never
        admits a late donation."""
        now = self.tx.now
        for wish in self._waiting():
            refusal = closed(self.campaigns[wish.campaign], now)
            if refusal is not None:
                self.answer[wish.id] = refusal

    def _wish(self, wish: Give) -> Wish:
        campaign = self.campaigns[wish.campaign]
        donor = contact.donor_key(self.engine.keys, wish.donor, wish.id, wish.visitor)
        day = local_day(self.tx.now).isoformat()
        gift = Gift(wish.amount_minor, self._entry(wish).target, donor, day)
        return Wish(wish.id, campaign.id, gift, wish.accept_unmatched, campaign.window_open(self.tx.now))

    def _store(self, plans: Sequence[Plan]) -> None:
        """Write down what was not refused, and answer everyone."""
        for one in plans:
            if one.refused:
                self.answer[one.wish.donation_id] = short(one)
        made = [one for one in plans if not one.refused]
        if not made:
            return
        self._insert([self.wishes[one.wish.donation_id] for one in made], made)
        post(self.tx, write(self.tx, made, "pledge"))
        for one in made:
            self.answer[one.wish.donation_id] = Given(self._standing(one), created=True)

    def _standing(self, one: Plan) -> Standing:
        """How the new donation stands: what `standing` would read of the rows just written."""
        wish = self.wishes[one.wish.donation_id]
        campaign = self.campaigns[wish.campaign]
        return Standing(
            id=wish.id,
            campaign=campaign.slug,
            campaign_name=campaign.name,
            project_id=wish.project,
            project_name=self._entry(wish).project_name,
            amount_minor=wish.amount_minor,
            refunded_minor=0,
            currency=wish.currency,
            status=str(Status.PENDING),
            channel=wish.channel,
            message=wish.message,
            accept_unmatched=wish.accept_unmatched,
            request_hash=self.hashes[id(wish)],
            pledged_at=self.tx.now,
            match_until=self._until(),
            paid_at=None,
            provider=self.engine.gateway.provider,
            payment_reference=None,
            payment_url=None,
            client_secret=None,
            parts=tuple(
                MatchPart(part.pot_id, self.pot_names[part.pot_id], part.given_minor, "reserved")
                for part in one.allocation.parts
            ),
        )

    def _until(self) -> datetime:
        return self.tx.now + timedelta(seconds=self.engine.limits.hold_s)

    def _insert(self, wishes: Sequence[Give], plans: Sequence[Plan]) -> None:
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
            id=[wish.id for wish in wishes],
            campaign=[one.wish.campaign_id for one in plans],
            project=[wish.project for wish in wishes],
            amount=[wish.amount_minor for wish in wishes],
            currency=[wish.currency for wish in wishes],
            channel=[wish.channel for wish in wishes],
            source=[wish.source_code for wish in wishes],
            team=[wish.team for wish in wishes],
            message=[wish.message for wish in wishes],
            donor=[one.wish.gift.donor for one in plans],
            device=[contact.device_key(self.engine.keys, wish.visitor) for wish in wishes],
            publish=[wish.donor.publish_name and not wish.donor.anonymous for wish in wishes],
            accept=[wish.accept_unmatched for wish in wishes],
            hash=[self.hashes[id(wish)] for wish in wishes],
            now=self.tx.now,
            until=self._until(),
            provider=self.engine.gateway.provider,
        )
        if len(rows) < len(wishes):
            raise _Retry
        contact.store(
            self.tx,
            self.engine.keys,
            [(wish.id, one.wish.gift.donor, wish.donor) for wish, one in zip(wishes, plans, strict=True)],
        )
        move(self.tx, [Move(wish.id, None, Status.PENDING, "pledged") for wish in wishes])
