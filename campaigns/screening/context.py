"""What lies around a batch of matched donations: a few set-based queries, never one a donation."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

from campaigns.donations.states import COUNTED
from campaigns.lifecycle.phases import LIVING, Phase
from campaigns.screening.bursts import Bursts, load_bursts
from campaigns.screening.signals import CapUse, MatchedDonation, ScreeningContext
from campaigns.screening.subject import ScreeningSubject
from campaigns.screening.thresholds import Thresholds
from kernel.db import Tx

# Once the result is published nothing is held any more: what then turns up is for the people of the notice.
SCREENED = frozenset({*LIVING, Phase.RECONCILING})
MOST_GIFTS = 2_000  # of one person that are looked at, the newest ones (ours)


class SubjectContext(NamedTuple):
    """A subject with its surroundings, ready for the rules."""

    gift: MatchedDonation
    around: ScreeningContext


def subjects(tx: Tx, donation_ids: Iterable[UUID]) -> list[ScreeningSubject]:
    """Which of these donations have match that can be held and no case yet."""
    rows = tx.rows(
        """SELECT d.id, d.campaign_id, d.project_id, d.amount_minor, d.paid_at, d.donor_key,
                  coalesce(d.instrument, ''), coalesce(d.device_key, ''), d.team,
                  CASE WHEN d.channel = 'partner' THEN '' ELSE d.source_code END,
                  EXISTS (SELECT FROM staff_key k JOIN project p ON p.organisation_code = k.organisation_code
                           WHERE p.id = d.project_id AND k.donor_key = d.donor_key)
             FROM donation d JOIN campaign c ON c.id = d.campaign_id AND c.phase = ANY(:phases)
            WHERE d.id = ANY(:ids) AND d.status = ANY(:statuses)
              AND EXISTS (SELECT FROM reservation r WHERE r.donation_id = d.id AND r.state = 'captured'
                                                      AND r.amount_minor > r.returned_minor)
              AND NOT EXISTS (SELECT FROM screening_case s WHERE s.donation_id = d.id)""",
        ids=list(donation_ids),
        phases=sorted(SCREENED),
        statuses=sorted(COUNTED),
    )
    return [ScreeningSubject(*row) for row in rows]


def load_contexts(
    tx: Tx, asked: Sequence[ScreeningSubject], limits: Thresholds
) -> tuple[dict[UUID, SubjectContext], Mapping[UUID, list[CapUse]]]:
    """The surroundings of each subject, and every donation of their instruments that passed a cap."""
    # Not even a rule that adds up what a donor and an instrument have counts so few.
    few = -(-min(limits.small_count, limits.at_cap_count, limits.refund_count) // 2)
    instruments = sorted({(one.instrument, one.campaign_id) for one in asked if one.instrument})
    by_instrument = _gifts(tx, instruments, _OF_INSTRUMENT, few)
    by_donor = _gifts(tx, sorted({(one.donor_key, one.campaign_id) for one in asked}), _OF_DONOR, few)
    devices = sorted({(one.device, one.campaign_id) for one in asked if one.device})
    few = min(limits.device_small_count, limits.device_at_cap_count, limits.device_refund_count)
    by_device = _gifts(tx, devices, _OF_DEVICE, few)
    caps = _caps(tx, instruments)
    on_list = _watched(tx, asked)
    near = load_bursts(tx, asked, limits)
    found = {}
    for one in asked:
        own = by_donor[one.donor_key, one.campaign_id]
        paid_with = by_instrument[one.instrument, one.campaign_id]
        through = by_device[one.device, one.campaign_id]
        gift = next((gift for gift in (*own, *paid_with, *through) if gift.donation_id == one.id), None)
        gift = gift or MatchedDonation(
            one.id, one.amount_minor, 0, one.paid_at
        )  # older than the newest gifts of the person
        around = _around(one, near, own, paid_with, through)
        found[one.id] = SubjectContext(gift, replace(around, caps=caps[one.id], watched=on_list[one.id]))
    return found, caps


def _around(
    one: ScreeningSubject,
    near: Bursts,
    own: Sequence[MatchedDonation],
    paid_with: Sequence[MatchedDonation],
    through: Sequence[MatchedDonation],
) -> ScreeningContext:
    return ScreeningContext(paid_with, own, through, near.same_sum(one), near.unit(one), one.staff)


def _watched(tx: Tx, asked: Sequence[ScreeningSubject]) -> dict[UUID, list[tuple[str, int]]]:
    """Which of these come from somebody on the watch list: an entry counts for what is paid while it stands."""
    entries: dict[UUID, list[tuple[str, int]]] = defaultdict(list)
    if not asked:
        return entries
    for row in tx.rows(
        """SELECT u.id, w.kind, min(w.id) AS entry
             FROM unnest(CAST(:ids AS uuid[]), CAST(:paid AS timestamptz[]), CAST(:donors AS text[]),
                         CAST(:instruments AS text[]), CAST(:devices AS text[]))
                  AS u(id, paid_at, donor, instrument, device)
            CROSS JOIN LATERAL (VALUES ('donor', u.donor), ('instrument', u.instrument), ('device', u.device))
                  AS k(kind, key)
             JOIN watch w ON w.key = k.key AND w.kind = k.kind AND w.lifted_at IS NULL
                         AND u.paid_at >= w.listed_at AND (w.until IS NULL OR u.paid_at < w.until)
            GROUP BY u.id, w.kind ORDER BY w.kind""",
        ids=[one.id for one in asked],
        paid=[one.paid_at for one in asked],
        donors=[one.donor_key for one in asked],
        instruments=[one.instrument for one in asked],
        devices=[one.device for one in asked],
    ):
        entries[row.id].append((row.kind, row.entry))
    return entries


_OF_INSTRUMENT = "SELECT id FROM donation WHERE instrument = u.key"
_OF_DONOR = "SELECT DISTINCT donation_id AS id FROM reservation WHERE donor_key = u.key AND state <> 'released'"
_OF_DEVICE = "SELECT donation_id AS id FROM device_gift WHERE campaign_id = u.campaign AND device_key = u.key"


def _gifts(
    tx: Tx, persons: Sequence[tuple[str, int]], whose: str, least: int
) -> dict[tuple[str, int], list[MatchedDonation]]:
    """The matched gifts of each person or device (key, campaign), oldest first; `whose` selects the ids for
    `u.key`. Those taken back entirely count too. Most gave once or twice: with fewer than `least` they are passed
    over, no rule counts so few.
    """
    gifts: dict[tuple[str, int], list[MatchedDonation]] = defaultdict(list)
    if not persons:
        return gifts
    rows = tx.rows(
        f"""SELECT u.key, u.campaign, g.*
              FROM unnest(CAST(:keys AS text[]), CAST(:campaigns AS bigint[])) AS u(key, campaign)
             CROSS JOIN LATERAL (
                   SELECT d.id, d.amount_minor, d.refunded_minor, d.paid_at, m.cap, d.donor_key FROM donation d
                    CROSS JOIN LATERAL (
                          SELECT count(*) AS parts, min(ceil(
                                     least(CAST(v.rules -> 'caps' ->> 'donation_minor' AS numeric),
                                           CAST(v.rules -> 'caps' ->> 'donor_day_minor' AS numeric),
                                           CAST(v.rules -> 'caps' ->> 'donor_minor' AS numeric)) * 10000
                                     / nullif(CAST(v.rules ->> 'ratio_bps' AS numeric), 0))) AS cap
                            FROM reservation r JOIN pot_rules v ON v.id = r.rules_id
                           WHERE r.donation_id = d.id AND r.state = 'captured') AS m
                    WHERE d.id IN ({whose}) AND d.campaign_id = u.campaign AND d.paid_at IS NOT NULL AND m.parts > 0
                    ORDER BY d.paid_at DESC, d.id LIMIT :most) AS g
             WHERE (SELECT count(*) FROM ({whose} LIMIT :least) AS few) >= :least""",
        least=max(least, 1),
        keys=[key for key, _ in persons],
        campaigns=[campaign for _, campaign in persons],
        most=MOST_GIFTS,
    )
    for row in rows:
        cap = None if row.cap is None else int(row.cap)
        gifts[row.key, row.campaign].append(MatchedDonation(*row[2:6], cap, row.donor_key))
    for one in gifts.values():
        one.reverse()
    return gifts


def _caps(tx: Tx, instruments: Sequence[tuple[str, int]]) -> dict[UUID, list[CapUse]]:
    """Donations with which an instrument passed a cap meant for one donor, among donors who left neither phone nor
    e-mail: only for them the instrument is who they are."""
    uses: dict[UUID, list[CapUse]] = defaultdict(list)
    if not instruments:
        return uses
    for row in tx.rows(
        _CAPS, keys=[key for key, _ in instruments], campaigns=[campaign for _, campaign in instruments]
    ):
        uses[row.id].append(CapUse(row.pot_id, row.cap, row.limit_minor, int(row.used_minor)))
    return uses


_CAPS = """
    WITH part AS (
        SELECT d.instrument, d.id, d.donor_key, d.paid_at, d.pledged_at, r.pot_id, r.day, r.rules_id,
               r.amount_minor - r.returned_minor AS live
          FROM unnest(CAST(:keys AS text[]), CAST(:campaigns AS bigint[])) AS u(key, campaign)
          JOIN donation d ON d.instrument = u.key AND d.campaign_id = u.campaign
                         AND left(d.donor_key, 2) IN ('v\\:', 'd\\:')
          JOIN reservation r ON r.donation_id = d.id AND r.state = 'captured'
                            AND r.amount_minor > r.returned_minor),
    several AS (
        SELECT instrument, pot_id FROM part GROUP BY 1, 2 HAVING count(DISTINCT donor_key) > 1),
    running AS (
        SELECT p.*, sum(live) OVER (PARTITION BY instrument, pot_id ORDER BY paid_at, pledged_at, id) AS ever,
               sum(live) OVER (PARTITION BY instrument, pot_id, day ORDER BY paid_at, pledged_at, id) AS today
          FROM part p JOIN several USING (instrument, pot_id))
    SELECT DISTINCT x.id, x.pot_id, c.cap, c.limit_minor, c.used_minor
      FROM running x JOIN pot_rules v ON v.id = x.rules_id
     CROSS JOIN LATERAL (VALUES
           ('donor_minor', CAST(v.rules -> 'caps' ->> 'donor_minor' AS bigint), x.ever),
           ('donor_day_minor', CAST(v.rules -> 'caps' ->> 'donor_day_minor' AS bigint), x.today)
         ) AS c(cap, limit_minor, used_minor)
     WHERE c.used_minor > c.limit_minor"""
