"""Load the screening context of a batch of donations with a fixed number of queries."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from campaigns.donations.models import Donation
from campaigns.donations.states import COUNTED
from campaigns.lifecycle.phases import LIVING, Phase
from campaigns.screening.bursts import load_bursts
from campaigns.screening.observed import NOT_RAPID, CapUse, MatchedDonation, ScreeningContext
from campaigns.screening.rapid import load_rapid
from campaigns.screening.subject import ScreeningSubject
from campaigns.screening.thresholds import Thresholds
from campaigns.screening.warnings import load_warnings
from kernel.bulk import unnest
from kernel.db import Tx

# Once the result is published, no more match is put on hold. Later findings go to the staff who handle the notice.
SCREENED = frozenset({*LIVING, Phase.RECONCILING})
MOST_DONATIONS = 2_000  # most donations loaded per donor, instrument or device, newest first; our default

Key = tuple[str, int]  # a donor, instrument or device key, and the campaign
History = dict[Key, list[MatchedDonation]]
SubjectHistory = tuple[list[MatchedDonation], list[MatchedDonation], list[MatchedDonation]]


class SubjectContext(NamedTuple):
    """A donation and its context, the input of the rules."""

    donation: MatchedDonation
    context: ScreeningContext


def load_subjects(tx: Tx, donation_ids: Iterable[UUID]) -> list[ScreeningSubject]:
    """Load those of the donations that have match to hold and no case yet."""
    return tx.rows_as(
        ScreeningSubject,
        """SELECT d.id, d.campaign_id, d.project_id, d.amount_minor, d.paid_at, d.donor_key,
                  coalesce(d.instrument, '') AS instrument, coalesce(d.device_key, '') AS device, d.team,
                  CASE WHEN d.channel = 'partner' THEN '' ELSE d.source_code END AS source,
                  EXISTS (SELECT FROM staff_key k JOIN project p ON k.organisation_code = ANY(p.lineage)
                           WHERE p.id = d.project_id AND k.donor_key = d.donor_key) AS staff
             FROM donation d JOIN campaign c ON c.id = d.campaign_id AND c.phase = ANY(:phases)
            WHERE d.id = ANY(:ids) AND d.status = ANY(:statuses)
              AND EXISTS (SELECT FROM reservation r WHERE r.donation_id = d.id AND r.state = 'captured'
                                                      AND r.live_minor > 0)
              AND NOT EXISTS (SELECT FROM screening_case s WHERE s.donation_id = d.id)""",
        ids=list(donation_ids),
        phases=sorted(SCREENED),
        statuses=sorted(COUNTED),
    )


def load_contexts(
    tx: Tx, subjects: Sequence[ScreeningSubject], thresholds: Thresholds
) -> tuple[dict[UUID, SubjectContext], Mapping[UUID, list[CapUse]]]:
    """Return the context of each subject, and every donation with which their instruments passed a cap."""
    histories = _load_histories(tx, subjects, thresholds)
    caps = _load_caps(tx, _keys(subjects, "instrument"))
    watched = _load_watched(tx, subjects)
    bursts = load_bursts(tx, subjects, thresholds)
    rapid = load_rapid(tx, subjects, thresholds)
    warnings = load_warnings(tx, [subject.id for subject in subjects])
    contexts = {}
    for subject in subjects:
        history = histories.of(subject)
        context = ScreeningContext(
            *history,
            same_sum=bursts.same_sum(subject),
            unit=bursts.unit(subject),
            rapid=rapid.get(subject.id, NOT_RAPID),
            warnings=warnings.get(subject.id, ()),
            staff=subject.staff,
            caps=caps.get(subject.id, ()),
            watched=watched.get(subject.id, ()),
        )
        contexts[subject.id] = SubjectContext(_matched_donation(subject, history), context)
    return contexts, caps


def _matched_donation(subject: ScreeningSubject, history: SubjectHistory) -> MatchedDonation:
    """Return the subject from its history; without refunds and caps if the history does not reach back to it."""
    known = (donation for donations in history for donation in donations if donation.donation_id == subject.id)
    return next(known, MatchedDonation(subject.id, subject.amount_minor, 0, subject.paid_at))


class _Histories(NamedTuple):
    """Matched donations by instrument, donor and device, oldest first."""

    by_instrument: History
    by_donor: History
    by_device: History

    def of(self, subject: ScreeningSubject) -> SubjectHistory:
        """Return the donations of a subject's instrument, donor and device."""
        campaign_id = subject.campaign_id
        return (
            self.by_instrument[subject.instrument, campaign_id],
            self.by_donor[subject.donor_key, campaign_id],
            self.by_device[subject.device, campaign_id],
        )


def _load_histories(tx: Tx, subjects: Sequence[ScreeningSubject], thresholds: Thresholds) -> _Histories:
    # Rules that add up donations of a donor and of an instrument need at least half the count from one of them.
    least = -(-min(thresholds.small_count, thresholds.at_cap_count, thresholds.refund_count) // 2)
    least_by_device = min(
        thresholds.device_small_count, thresholds.device_at_cap_count, thresholds.device_refund_count
    )
    return _Histories(
        _load_history(tx, _keys(subjects, "instrument"), _BY_INSTRUMENT, least),
        _load_history(tx, _keys(subjects, "donor_key"), _BY_DONOR, least),
        _load_history(tx, _keys(subjects, "device"), _BY_DEVICE, least_by_device),
    )


def _keys(subjects: Sequence[ScreeningSubject], name: str) -> list[Key]:
    """Return the distinct non-empty keys of the subjects in the attribute `name`."""
    return sorted({(key, subject.campaign_id) for subject in subjects if (key := getattr(subject, name))})


class _WatchEntry(NamedTuple):
    kind: str
    key: str
    listed_at: datetime
    until: datetime | None
    id: int


def _load_watched(tx: Tx, subjects: Sequence[ScreeningSubject]) -> dict[UUID, list[tuple[str, int]]]:
    """Return, by donation, the watch list entries in force when it was paid, as (kind, id of the entry)."""
    keys_of = {
        subject.id: (("device", subject.device), ("donor", subject.donor_key), ("instrument", subject.instrument))
        for subject in subjects
    }
    entries: dict[tuple[str, str], list[_WatchEntry]] = defaultdict(list)
    for entry in tx.rows_as(
        _WatchEntry,
        "SELECT kind, key, listed_at, until, id FROM watch WHERE lifted_at IS NULL AND key = ANY(:keys)",
        keys=sorted({key for keys in keys_of.values() for _, key in keys}),
    ):
        entries[entry.kind, entry.key].append(entry)
    if not entries:
        return {}
    hits: dict[UUID, list[tuple[str, int]]] = {}
    for subject in subjects:
        in_force = [
            (kind, min(entry.id for entry in standing))
            for kind, key in keys_of[subject.id]
            if (standing := [entry for entry in entries.get((kind, key), ()) if _in_force(entry, subject.paid_at)])
        ]
        if in_force:
            hits[subject.id] = in_force
    return hits


def _in_force(entry: _WatchEntry, at: datetime) -> bool:
    return entry.listed_at <= at and (entry.until is None or at < entry.until)


class _KeyKind(NamedTuple):
    """A kind of key: its column, and the SQL that selects the donations of the key `u.<column>` in a campaign."""

    column: str
    donation_ids: str


_BY_INSTRUMENT = _KeyKind("instrument", "SELECT id FROM donation WHERE instrument = u.instrument")
_BY_DONOR = _KeyKind(
    "donor_key",
    "SELECT id FROM donation WHERE donor_key = u.donor_key",
)
_BY_DEVICE = _KeyKind(
    "device_key",
    "SELECT donation_id AS id FROM device_gift WHERE campaign_id = u.campaign_id AND device_key = u.device_key",
)


class _MatchedRow(NamedTuple):
    key: str
    campaign_id: int
    id: UUID
    amount_minor: int
    refunded_minor: int
    paid_at: datetime
    rules_ids: list[int]
    donor_key: str
    instrument: str


def _load_history(tx: Tx, keys: Sequence[Key], kind: _KeyKind, least: int) -> History:
    """Load the matched donations of each key, oldest first, including fully refunded ones.

    Keys with fewer than `least` donations (most donors give once or twice) are skipped: no rule counts so few.
    """
    history: History = defaultdict(list)
    if not keys:
        return history
    # `+ 0` rules out the campaign's index: without statistics the planner expects hardly any donations.
    rows = tx.rows_as(
        _MatchedRow,
        f"""SELECT u.{kind.column} AS key, u.campaign_id, g.*
              FROM {unnest(Donation, kind.column, "campaign_id")}
             CROSS JOIN LATERAL (
                   SELECT d.id, d.amount_minor, d.refunded_minor, d.paid_at, m.rules_ids, d.donor_key,
                          coalesce(d.instrument, '') AS instrument
                     FROM ({kind.donation_ids}) AS o JOIN donation d ON d.id = o.id
                    CROSS JOIN LATERAL (SELECT array_agg(r.rules_id) AS rules_ids FROM reservation r
                                         WHERE r.donation_id = d.id AND r.state = 'captured') AS m
                    WHERE d.campaign_id + 0 = u.campaign_id AND d.paid_at IS NOT NULL AND m.rules_ids IS NOT NULL
                    ORDER BY d.paid_at DESC, d.id LIMIT :most) AS g
             WHERE (SELECT count(*) FROM ({kind.donation_ids} LIMIT :least) AS few) >= :least""",
        least=max(least, 1),
        most=MOST_DONATIONS,
        campaign_id=[campaign_id for _, campaign_id in keys],
        **{kind.column: [key for key, _ in keys]},
    )
    cap_of = _load_donation_caps(tx, {rules_id for row in rows for rules_id in row.rules_ids})
    for row in reversed(rows):
        cap_minor = min((cap for rules_id in row.rules_ids if (cap := cap_of[rules_id]) is not None), default=None)
        history[row.key, row.campaign_id].append(
            MatchedDonation(
                row.id, row.amount_minor, row.refunded_minor, row.paid_at, cap_minor, row.donor_key, row.instrument
            )
        )
    return history


class _DonationCap(NamedTuple):
    rules_id: int
    cap_minor: Decimal | None


def _load_donation_caps(tx: Tx, rules_ids: Collection[int]) -> dict[int, int | None]:
    """Return, by rules version of a pot, the amount from which its caps cut the match of a donation."""
    if not rules_ids:
        return {}
    rows = tx.rows_as(
        _DonationCap,
        """SELECT v.id AS rules_id, ceil(least(CAST(v.rules -> 'caps' ->> 'donation_minor' AS numeric),
                                               CAST(v.rules -> 'caps' ->> 'donor_day_minor' AS numeric),
                                               CAST(v.rules -> 'caps' ->> 'donor_minor' AS numeric)) * 10000
                                         / nullif(CAST(v.rules ->> 'ratio_bps' AS numeric), 0)) AS cap_minor
             FROM pot_rules v WHERE v.id = ANY(:ids)""",
        ids=sorted(rules_ids),
    )
    return {row.rules_id: None if row.cap_minor is None else int(row.cap_minor) for row in rows}


class _CapRow(NamedTuple):
    id: UUID
    pot_id: int
    cap: str
    limit_minor: int
    used_minor: Decimal


def _load_caps(tx: Tx, instruments: Sequence[Key]) -> dict[UUID, list[CapUse]]:
    """Return the donations with which an instrument passed a cap per donor. Only donors without phone and e-mail
    count, because only for them does the instrument identify the donor."""
    uses: dict[UUID, list[CapUse]] = defaultdict(list)
    if not instruments:
        return uses
    for row in tx.rows_as(
        _CapRow,
        _CAPS,
        instrument=[instrument for instrument, _ in instruments],
        campaign_id=[campaign_id for _, campaign_id in instruments],
    ):
        uses[row.id].append(CapUse(row.pot_id, row.cap, row.limit_minor, int(row.used_minor)))
    return uses


_CAPS = f"""
    WITH part AS (
        SELECT d.instrument, d.id, d.donor_key, d.paid_at, d.pledged_at, r.pot_id, r.day, r.rules_id,
               r.live_minor AS live
          FROM {unnest(Donation, "instrument", "campaign_id")}
          JOIN donation d ON d.instrument = u.instrument AND d.campaign_id = u.campaign_id
                         AND left(d.donor_key, 2) IN ('v\\:', 'd\\:')
          JOIN reservation r ON r.donation_id = d.id AND r.state = 'captured'
                            AND r.live_minor > 0),
    running AS (
        SELECT p.*, sum(live) OVER (PARTITION BY instrument, pot_id ORDER BY paid_at, pledged_at, id) AS ever,
               sum(live) OVER (PARTITION BY instrument, pot_id, day ORDER BY paid_at, pledged_at, id) AS today,
               min(donor_key) OVER (PARTITION BY instrument, pot_id)
                   <> max(donor_key) OVER (PARTITION BY instrument, pot_id) AS several
          FROM part p)
    SELECT DISTINCT x.id, x.pot_id, c.cap, c.limit_minor, c.used_minor
      FROM running x JOIN pot_rules v ON v.id = x.rules_id
     CROSS JOIN LATERAL (VALUES
           ('donor_minor', CAST(v.rules -> 'caps' ->> 'donor_minor' AS bigint), x.ever),
           ('donor_day_minor', CAST(v.rules -> 'caps' ->> 'donor_day_minor' AS bigint), x.today)
         ) AS c(cap, limit_minor, used_minor)
     WHERE x.several AND c.used_minor > c.limit_minor"""
