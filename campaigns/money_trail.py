"""Follow a gift through every record that it left: payment, statement, bank, match, release, division, remittance,
spending with its voucher, and the accounting vouchers (凭证). For auditors.

Money is not marked: what was divided, paid out and spent are totals of the whole project. `trace` says which part
of them is this gift's, in proportion.
"""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from campaigns.donations.view import DonationView, donation_view
from campaigns.spending.trace import Trace, trace, way_of
from kernel.clock import SHANGHAI
from kernel.db import Tx


class Stage(StrEnum):
    """The stages of the money."""

    PAID = "paid"
    STATED = "stated"
    BANKED = "banked"
    MATCHED = "matched"
    RELEASED = "released"
    DIVIDED = "divided"
    REMITTED = "remitted"
    SPENT = "spent"
    BOOKED = "booked"


class Record(NamedTuple):
    """One record of a stage. `name` is its subject, `reference` its number with whoever issued it, `key` our id (of
    a payout plan, a spending, a voucher), `amount_minor` its amount in fen."""

    stage: Stage
    at: datetime | None
    name: str
    reference: str
    amount_minor: int
    key: int | None = None


class Trail(NamedTuple):
    """A gift, its figures so far, and its records in the order of the money."""

    donation: DonationView
    trace: Trace
    records: list[Record]


def follow(tx: Tx, donation_id: UUID) -> Trail:
    """Follow a gift. Raises NotFound `donation_unknown`."""
    donation = donation_view(tx, donation_id)
    figures = trace(donation, way_of(tx, donation.campaign, donation.project_id))
    named = {
        "donation": donation_id,
        "provider": donation.provider,
        "project": donation.project_id,
        "campaign": donation.campaign,
        "released": figures.released,
    }
    records = [Record(Stage(row[0]), *row[1:]) for sql in _RECORDS for row in tx.rows(sql, **named)]
    return Trail(donation, figures, records)


_PAID = """
    SELECT 'paid' AS stage, d.paid_at AS at, d.provider AS name, coalesce(d.payment_reference, '') AS reference,
           d.amount_minor - d.refunded_minor AS amount_minor, NULL AS key
      FROM donation d WHERE d.id = :donation AND d.paid_at IS NOT NULL AND d.provider = :provider"""
_STATED = """
    SELECT 'stated', l.occurred_at, l.provider, l.line_id, l.amount_minor, NULL
      FROM provider_line l WHERE l.donation_id = :donation AND l.provider = :provider
     ORDER BY l.occurred_at, l.id LIMIT 20"""
# What the platform sent for the day of the gift; for a provider with payouts, the first payout after it.
_BANKED = f"""
    SELECT 'banked', CAST(b.booked_on AS timestamp) AT TIME ZONE '{SHANGHAI}', c.provider,
           b.line_id, b.amount_minor, NULL
      FROM (SELECT min(occurred_at) AS at FROM provider_line
             WHERE donation_id = :donation AND provider = :provider AND kind = 'charge') AS l
      JOIN bank_claim c ON c.provider = :provider AND c.kind IN ('payout', 'settlement')
       AND c.due_on >= CAST(l.at AT TIME ZONE '{SHANGHAI}' AS date)
      JOIN bank_line b ON b.id = c.bank_line_id
     ORDER BY c.due_on, b.id LIMIT 1"""
_MATCHED = """
    SELECT 'matched', max(m.recorded_at), p.name, '', CAST(sum(m.delta_minor) AS bigint), NULL
      FROM earned_movement m JOIN pot p ON p.id = m.pot_id
     WHERE m.donation_id = :donation GROUP BY p.id HAVING sum(m.delta_minor) <> 0 ORDER BY p.rank, p.id"""
_RELEASED = """
    SELECT 'released', max(h.at), c.name, '', 0, NULL
      FROM campaign_history h JOIN campaign c ON c.id = h.campaign_id
     WHERE c.slug = :campaign AND h.to_phase = 'released' AND :released GROUP BY c.id"""
_DIVIDED = """
    SELECT 'divided', a.allotted_at, p.name, CAST(a.number AS text),
           a.project_minor + a.township_minor + a.management_minor + a.fees_minor, NULL
      FROM allotment a JOIN campaign c ON c.id = a.campaign_id JOIN project p ON p.id = a.project_id
     WHERE c.slug = :campaign AND a.project_id = :project ORDER BY a.number"""
_REMITTED = """
    SELECT 'remitted', coalesce(CAST(r.paid_on AS timestamp) AT TIME ZONE 'Asia/Shanghai', r.changed_at), o.name,
           concat_ws(' / ', r.end_to_end_id, nullif(r.reference, '')),
           CAST(sum(t.amount_minor) AS bigint), r.plan_id
      FROM remittance_part t JOIN remittance r ON r.id = t.remittance_id
      JOIN payout_plan l ON l.id = r.plan_id JOIN campaign c ON c.id = l.campaign_id
      JOIN organisation o ON o.code = r.organisation_code
     WHERE c.slug = :campaign AND t.project_id = :project AND r.state IN ('approved', 'sent', 'paid')
     GROUP BY r.id, o.name ORDER BY r.id"""
_SPENT = """
    SELECT 'spent', CAST(s.spent_on AS timestamp) AT TIME ZONE 'Asia/Shanghai', s.purpose, s.document_no,
           s.amount_minor, s.id
      FROM spending s WHERE s.project_id = :project AND s.state = 'checked' AND :released ORDER BY s.spent_on, s.id
     LIMIT 200"""
_BOOKED = """
    SELECT 'booked', CAST(v.dated_on AS timestamp) AT TIME ZONE 'Asia/Shanghai', v.kind,
           v.period || ' ' || v.word || '-' || v.number, CAST(sum(m.amount_minor) AS bigint), v.id
      FROM journal_movement m
      JOIN voucher_run r ON m.transfer_id > r.after_transfer AND m.transfer_id <= r.last_transfer
      JOIN voucher v ON v.run_id = r.id AND v.kind = m.kind AND v.currency = m.currency
       AND m.transfer_id BETWEEN v.first_transfer AND v.last_transfer
       AND v.occurred_on = CAST(m.recorded_at AT TIME ZONE 'Asia/Shanghai' AS date)
      LEFT JOIN pot d ON d.id = m.debit_pot_id LEFT JOIN pot c ON c.id = m.credit_pot_id
     WHERE m.donation_id = :donation
       AND coalesce(m.campaign_id, d.campaign_id, c.campaign_id) IS NOT DISTINCT FROM v.campaign_id
     GROUP BY v.id ORDER BY v.period, v.number"""
_RECORDS = (_PAID, _STATED, _BANKED, _MATCHED, _RELEASED, _DIVIDED, _REMITTED, _SPENT, _BOOKED)
