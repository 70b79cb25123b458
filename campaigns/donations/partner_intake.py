"""Donations that a partner platform took: they become donations of their own channel, by the platform's time."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from campaigns.audit import record_audit
from campaigns.dependencies import Dependencies
from campaigns.donations import contact
from campaigns.donations.contact import Donor
from campaigns.donations.states import Status
from campaigns.donations.transitions import Transition, transition
from kernel.db import Tx
from kernel.errors import Conflict, NotFound
from kernel.ids import MOST_ID, fingerprint
from payments.inbox import Event, retry
from payments.partner_events import PartnerFact

PartnerMessage = tuple[Event, PartnerFact]
RETRY = timedelta(minutes=1)  # ours


def retry_due(tx: Tx) -> int:
    """What waits (for a project, a campaign, a payment) is looked at once a minute: what it waits for may be
    here by now, and nobody need remember to say so. Answers how many messages are due again."""
    return retry(tx, waiting_since=tx.now - RETRY)


def retry_waiting(tx: Tx, actor: str, event_id: int | None = None) -> int:
    """A person asks that waiting messages (or one, by the inbox's id) be looked at now; answers how many.

    Raises NotFound `event_unknown`, Conflict `event_not_waiting`.
    """
    if event_id is not None:
        known = 0 < event_id <= MOST_ID
        state = tx.scalar("SELECT state FROM inbox_work WHERE inbox_id = :id", id=event_id) if known else None
        if state is None:
            raise NotFound("event_unknown")
        if state != "waiting":
            raise Conflict("event_not_waiting", state=state)
    due = retry(tx, waiting_since=tx.now, event=event_id)
    record_audit(tx, actor, "inbox.retry", f"inbox_event:{event_id or 'all'}", messages=due)
    return due


def take_in(tx: Tx, deps: Dependencies, told: Sequence[PartnerMessage]) -> tuple[set[UUID], dict[int, str]]:
    """Store the donations of partners' payments that are not here yet.

    Answers the ids that are new, and which events wait for a person and why: the project's code is unknown,
    the partner may not raise money for it, or no campaign of it was open at the time of payment.
    """
    paid = {fact.donation_id: (event, fact) for event, fact in reversed(told) if fact.kind == "paid"}
    if not paid:
        return set(), {}
    known = {row[0] for row in tx.rows("SELECT id FROM donation WHERE id = ANY(:ids)", ids=list(paid))}
    fresh = [pair for id_, pair in paid.items() if id_ not in known]
    places = _places(tx, [fact for _, fact in fresh])
    waiting: dict[int, str] = {}
    made: list[tuple[PartnerFact, int, int]] = []
    for event, fact in fresh:
        place = places[fact.donation_id]
        if isinstance(place, str):
            waiting[event.id] = place
        else:
            made.append((fact, *place))
    _insert(tx, deps, sorted(made, key=lambda one: one[0].donation_id))
    return {fact.donation_id for fact, _, _ in made}, waiting


def _places(tx: Tx, facts: Sequence[PartnerFact]) -> dict[UUID, tuple[int, int] | str]:
    """Donation -> (campaign, project), or why there is none. With several campaigns the one that opened last
    counts: campaigns of one project do not overlap in practice, and this settles it where they do."""
    rows = tx.rows(
        """SELECT DISTINCT ON (u.id) u.id, p.id AS project_id, c.id AS campaign_id,
                  pa.projects IS NULL OR pa.projects @> to_jsonb(u.code) AS allowed
             FROM unnest(CAST(:ids AS uuid[]), CAST(:codes AS text[]), CAST(:partners AS text[]),
                         CAST(:times AS timestamptz[])) AS u(id, code, partner, paid_at)
             LEFT JOIN project p ON p.code = u.code
             LEFT JOIN partner pa ON pa.name = u.partner
             LEFT JOIN campaign_entry e ON e.project_id = p.id
             LEFT JOIN campaign c ON c.id = e.campaign_id AND c.opens_at <= u.paid_at AND u.paid_at < c.ends_at
                                 AND c.phase NOT IN ('draft', 'cancelled')
            ORDER BY u.id, c.opens_at DESC NULLS LAST""",
        ids=[fact.donation_id for fact in facts],
        codes=[fact.project_code for fact in facts],
        partners=[fact.partner for fact in facts],
        times=[fact.occurred_at for fact in facts],
    )
    places: dict[UUID, tuple[int, int] | str] = {}
    for row in rows:
        if row.project_id is None:
            places[row.id] = "project_unknown"
        elif not row.allowed:
            places[row.id] = "project_not_allowed"
        elif row.campaign_id is None:
            places[row.id] = "no_campaign_then"
        else:
            places[row.id] = (row.campaign_id, row.project_id)
    return places


def _insert(tx: Tx, deps: Dependencies, made: Sequence[tuple[PartnerFact, int, int]]) -> None:
    if not made:
        return
    keys = ["u:" + deps.keys.lookup("partner", fact.partner, fact.donor) for fact, _, _ in made]
    tx.run(
        """INSERT INTO donation (id, campaign_id, project_id, amount_minor, currency, status, channel,
                                 source_code, team, message, donor_key, publish_name, accept_unmatched,
                                 request_hash, pledged_at, provider, payment_reference)
           SELECT u.id, u.campaign, u.project, u.amount, u.currency, 'pending',
                  CASE u.partner WHEN 'offline' THEN 'offline' ELSE 'partner' END, u.partner, '', '',
                  u.donor, false, true, u.hash, u.paid_at, 'partner:' || u.partner, u.reference
             FROM unnest(CAST(:ids AS uuid[]), CAST(:campaigns AS bigint[]), CAST(:projects AS bigint[]),
                         CAST(:amounts AS bigint[]), CAST(:currencies AS text[]), CAST(:partners AS text[]),
                         CAST(:donors AS text[]), CAST(:hashes AS text[]), CAST(:times AS timestamptz[]),
                         CAST(:references AS text[]))
                  AS u(id, campaign, project, amount, currency, partner, donor, hash, paid_at, reference)
           ON CONFLICT (id) DO NOTHING""",
        ids=[fact.donation_id for fact, _, _ in made],
        campaigns=[campaign for _, campaign, _ in made],
        projects=[project for _, _, project in made],
        amounts=[fact.amount_minor for fact, _, _ in made],
        currencies=[fact.currency for fact, _, _ in made],
        partners=[fact.partner for fact, _, _ in made],
        donors=keys,
        hashes=[fingerprint([fact.partner, fact.their_id]) for fact, _, _ in made],
        times=[fact.occurred_at for fact, _, _ in made],
        references=[fact.their_id for fact, _, _ in made],
    )
    contact.store_contacts(
        tx,
        deps.keys,
        [
            (fact.donation_id, key, Donor(name=fact.donor_name))
            for (fact, _, _), key in zip(made, keys, strict=True)
        ],
    )
    transition(tx, [Transition(fact.donation_id, None, Status.PENDING, "partner") for fact, _, _ in made])
