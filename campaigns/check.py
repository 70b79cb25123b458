"""Check all promises in one snapshot: for the command, the metric, the job and every test."""

import campaigns.accounting.check
import campaigns.audit_chain
import campaigns.closing.check
import campaigns.monthly.check
import campaigns.payouts.check
import campaigns.sampling.check
import ledger.check
import ledger.statements
import matching.check
from campaigns.donations.states import COUNTED, MOVES, WAITING, Status
from campaigns.lifecycle.phases import Phase
from campaigns.screening.counting import changes_of
from kernel.db import Tx, one_of
from kernel.money import CURRENCY
from ledger.kinds import TransferKind

# Lists of states as constants, because people read the SQL of a check too.
_RECEIVED = (*sorted(COUNTED), Status.REFUNDED)
_DEPOSITED = one_of("kind", (TransferKind.DEPOSIT, TransferKind.DEPOSIT_CORRECTED))
_ALLOWED = ", ".join(f"('{from_}', '{to}')" for from_, tos in MOVES.items() for to in tos)

_COUNTED_GIFTS = "(SELECT donation_id, 1 AS donations, CAST(newcomer AS int) AS newcomers FROM counted_gift) AS g"
# What screening must have counted by now: it examines every payment twice, and again when something new becomes
# known.
_COUNTED_UP_TO = "(SELECT coalesce(min(least(counted_id, sure_id)), 0) FROM screening_mark)"

# The newest entry of the audit trail, which is sealed, about each subject.
_NEWEST = """(SELECT DISTINCT ON (subject) subject, action, actor, detail, at FROM audit_entry
               WHERE {} ORDER BY subject, id DESC) AS a"""
_OF_CASES = _NEWEST.format("action IN ('case.released', 'case.cancelled')")
_OF_PAYMENTS = _NEWEST.format("subject LIKE 'payment_exception:%'")

CHECKS = {
    "receipts_equal_donations": """
        SELECT format('campaign %s project %s: donations %s fen, books %s', campaign_id, project_id, ours, books)
          FROM (SELECT coalesce(d.campaign_id, b.campaign_id) AS campaign_id,
                       coalesce(d.project_id, b.project_id) AS project_id,
                       coalesce(d.kept, 0) AS ours, coalesce(b.balance, 0) AS books
                  FROM (SELECT campaign_id, project_id, sum(amount_minor - refunded_minor) AS kept FROM donation
                         WHERE paid_at IS NOT NULL GROUP BY 1, 2) AS d
                  FULL JOIN (SELECT campaign_id, project_id, raised_minor AS balance FROM project_raised) AS b
                    USING (campaign_id, project_id)) AS both_sides
         WHERE ours <> books""",
    "entries_equal_books": f"""
        SELECT format('entry %s of a fund: %s fen, books %s', coalesce(e.key, m.key), e.amount_minor, m.delta_minor)
          FROM fund_entry e
          FULL JOIN (SELECT key, fund_id, delta_minor, recorded_at FROM fund_movement WHERE {_DEPOSITED}) AS m
            ON m.key = e.key AND m.fund_id = e.fund_id
         WHERE e.amount_minor IS DISTINCT FROM m.delta_minor OR e.booked_at <> m.recorded_at""",
    "fund_transfers_equal_books": """
        SELECT format('transfer %s between funds: %s fen, books %s', coalesce(t.key, m.key), t.amount_minor,
                      m.delta_minor)
          FROM (SELECT 'fund_transfer:' || id AS key, to_fund_id AS fund_id, amount_minor FROM fund_transfer
                 UNION ALL SELECT 'fund_transfer:' || id, from_fund_id, -amount_minor FROM fund_transfer) AS t
          FULL JOIN (SELECT key, fund_id, delta_minor FROM fund_movement WHERE kind = 'fund_moved') AS m
            ON m.key = t.key AND m.fund_id = t.fund_id
         WHERE t.amount_minor IS DISTINCT FROM m.delta_minor""",
    "one_receipt_per_donation": f"""
        SELECT format('donation %s is paid but has no receipt of its amount', d.id) FROM donation d
         WHERE d.paid_at IS NOT NULL
           AND NOT EXISTS (SELECT FROM donation_movement m WHERE m.donation_id = d.id
                              AND m.kind = '{TransferKind.DONATION_RECEIVED}'
                              AND m.amount_minor = d.amount_minor)""",
    "donations_are_in_our_currency": f"""
        SELECT format('donation %s is in %s', id, currency) FROM donation WHERE currency <> '{CURRENCY}'""",
    "corrections_lead_to_the_project": """
        SELECT format('donation %s was corrected from project %s to %s, but was for %s before and is for %s after',
                      donation_id, from_project_id, to_project_id, before, after)
          FROM (SELECT k.donation_id, k.from_project_id, k.to_project_id,
                       lag(k.to_project_id, 1, k.from_project_id) OVER w AS before,
                       lead(k.from_project_id, 1, d.project_id) OVER w AS after
                  FROM project_correction k JOIN donation d ON d.id = k.donation_id
                WINDOW w AS (PARTITION BY k.donation_id ORDER BY k.number)) AS turns
         WHERE (from_project_id, to_project_id) <> (before, after)""",
    "corrections_are_booked": f"""
        SELECT format('donation %s: %s fen were corrected to project %s, booked %s', donation_id,
                      coalesce(k.minor, 0), project_id, coalesce(m.minor, 0))
          FROM (SELECT donation_id, to_project_id AS project_id, sum(amount_minor) AS minor
                  FROM project_correction GROUP BY 1, 2) AS k
          FULL JOIN (SELECT donation_id, project_id, sum(delta_minor) AS minor FROM donation_movement
                      WHERE kind = '{TransferKind.DONATION_MOVED}' AND delta_minor > 0 GROUP BY 1, 2) AS m
               USING (donation_id, project_id)
         WHERE k.minor IS DISTINCT FROM m.minor""",
    "receipts_are_booked_when_paid": """
        SELECT format('transfer %s: donation %s did not become paid at %s', m.transfer_id, m.donation_id,
                      m.recorded_at)
          FROM donation_movement m
         WHERE m.kind = 'donation_received'
           AND NOT EXISTS (SELECT FROM donation_history h WHERE h.donation_id = m.donation_id
                              AND h.to_status = 'paid' AND h.at = m.recorded_at)""",
    "paid_states": f"""
        SELECT format('donation %s is %s without a payment, or waits with one', id, status) FROM donation
         WHERE (paid_at IS NOT NULL) <> ({one_of("status", _RECEIVED)})""",
    "refunds_within_payment": """
        SELECT format('donation %s: refunded %s of %s fen', id, refunded_minor, amount_minor) FROM donation
         WHERE refunded_minor > amount_minor
            OR (status = 'refunded') <> (paid_at IS NOT NULL AND refunded_minor = amount_minor)""",
    "donation_matched_within_ratio": """
        SELECT format('donation %s is matched beyond its amount', donation_id)
          FROM (SELECT r.donation_id,
                       sum(ceil(r.live_minor * 10000.0 / CAST(v.rules ->> 'ratio_bps' AS bigint))) AS used
                  FROM reservation r JOIN pot_rules v ON v.id = r.rules_id
                 WHERE r.state <> 'released' GROUP BY 1) AS m
          JOIN donation d ON d.id = m.donation_id
         WHERE m.used > d.amount_minor - CASE WHEN d.paid_at IS NULL THEN 0 ELSE d.refunded_minor END""",
    "match_follows_state": f"""
        SELECT format('donation %s is %s but holds %s match', d.id, d.status, r.state)
          FROM donation d JOIN reservation r ON r.donation_id = d.id
         WHERE r.live_minor > 0
           AND ((r.state = 'reserved' AND NOT ({one_of("d.status", sorted(WAITING))}))
             OR (r.state = 'captured' AND NOT ({one_of("d.status", sorted(COUNTED))})))""",
    "history_ends_at_status": """
        SELECT format('donation %s is %s but its history ends at %s', d.id, d.status, h.to_status) FROM donation d
          LEFT JOIN (SELECT DISTINCT ON (donation_id) donation_id, to_status FROM donation_history
                      ORDER BY donation_id, id DESC) AS h ON h.donation_id = d.id
         WHERE h.to_status IS DISTINCT FROM d.status""",
    "history_along_the_table": f"""
        SELECT format('donation %s went from %s to %s', donation_id, from_status, to_status)
          FROM donation_history
         WHERE from_status IS NOT NULL AND (from_status, to_status) NOT IN ({_ALLOWED})""",
    "history_is_a_chain": """
        SELECT format('donation %s went on from %s after it had come to %s', donation_id,
                      coalesce(from_status, 'nothing'), coalesce(before, 'nothing'))
          FROM (SELECT donation_id, from_status,
                       lag(to_status) OVER (PARTITION BY donation_id ORDER BY id) AS before
                  FROM donation_history) AS h
         WHERE from_status IS DISTINCT FROM before""",
    "heads_counted": f"""
        SELECT format('campaign %s counts %s donations of %s donors, its rows say %s of %s', t.campaign_id,
                      t.donations, t.donors, r.gifts, r.heads)
          FROM campaign_tally t
         CROSS JOIN LATERAL (SELECT count(*) AS gifts, count(DISTINCT donor_key) AS heads FROM donation
                              WHERE campaign_id = t.campaign_id
                                AND {one_of("status", sorted(COUNTED))}) AS r
         WHERE (t.donations, t.donors) <> (r.gifts, r.heads)""",
    "bursts_are_counted": f"""
        SELECT format('burst at %s %s, %s, %s fen: %s donations, %s of newcomers; its donations say %s and %s',
                      kind, place, slot_at, amount_minor, coalesce(k.donations, 0), coalesce(k.newcomers, 0),
                      coalesce(f.donations, 0), coalesce(f.newcomers, 0))
          FROM burst_count k FULL JOIN ({changes_of(_COUNTED_GIFTS)}) AS f
               USING (campaign_id, kind, place, amount_minor, slot_at)
         WHERE (k.donations, k.newcomers) IS DISTINCT FROM (f.donations, f.newcomers)""",
    "payments_are_counted_once": f"""
        SELECT format('donation %s was screened but is not counted', h.donation_id) FROM donation_history h
         WHERE h.to_status = 'paid' AND h.id <= {_COUNTED_UP_TO}
           AND NOT EXISTS (SELECT FROM counted_gift g WHERE g.donation_id = h.donation_id)""",
    "newcomers_gave_once": f"""
        SELECT format('donation %s is counted as %s of a newcomer, its donor has %s', g.donation_id,
                      CASE WHEN g.newcomer THEN 'one' ELSE 'none' END, n.donations)
          FROM counted_gift g JOIN donation d ON d.id = g.donation_id
          JOIN campaign_donor n ON n.campaign_id = d.campaign_id AND n.donor_key = d.donor_key
         WHERE g.newcomer <> (n.donations <= 1)
           AND (d.campaign_id, d.donor_key) NOT IN (
               SELECT campaign_id, donor_key FROM donation WHERE id IN (
                   SELECT donation_id FROM donation_history
                    WHERE to_status = 'paid' AND id > {_COUNTED_UP_TO}
                    UNION ALL SELECT donation_id FROM donation_look))""",
    "pledged_in_time": """
        SELECT format('donation %s was accepted outside its campaign', d.id)
          FROM donation d JOIN campaign c ON c.id = d.campaign_id
         WHERE d.channel <> 'offline' AND (
                   d.pledged_at < c.opens_at
                   OR d.pledged_at >= c.ends_at
                      + make_interval(secs => CASE d.channel WHEN 'partner' THEN c.finishing_s ELSE 0 END))""",
    "held_match_has_an_open_case": f"""
        SELECT format('donation %s: match is held without an open case', r.donation_id) FROM reservation r
         WHERE r.held AND r.live_minor > 0
           AND NOT EXISTS (SELECT FROM screening_case c WHERE c.donation_id = r.donation_id AND c.state = 'open')
        UNION ALL
        SELECT format('case %s: the match of its donation is not held', c.id)
          FROM screening_case c JOIN reservation r ON r.donation_id = c.donation_id
         WHERE c.state = 'open' AND r.state = 'captured' AND NOT r.held AND r.live_minor > 0
        UNION ALL
        SELECT format('case %s is open after the notice', c.id)
          FROM screening_case c JOIN campaign e ON e.id = c.campaign_id
         WHERE c.state = 'open' AND {one_of("e.phase", (Phase.NOTICE, Phase.RELEASED, Phase.ARCHIVED))}""",
    "payments_taken_at_the_desk_are_donations": """
        SELECT format('payment %s is %s at the desk, but no donation was paid with it', e.payment_intent, e.state)
          FROM payment_exception e
         WHERE e.state IN ('taken', 'attached')
           AND NOT EXISTS (SELECT FROM donation d WHERE d.id = coalesce(e.attached_to, e.donation_id)
                              AND d.payment_intent = e.payment_intent AND d.paid_at IS NOT NULL)""",
    "cases_are_as_decided": f"""
        SELECT format('case %s is %s by %s, but not by the audit trail', c.id, c.state,
                      coalesce(nullif(c.actor, ''), 'nobody'))
          FROM screening_case c LEFT JOIN {_OF_CASES} ON a.subject = 'case:' || c.id
         WHERE CASE c.state WHEN 'open' THEN a.subject IS NOT NULL
                    ELSE (a.action, a.actor, a.detail ->> 'reason', a.at)
                         IS DISTINCT FROM ('case.' || c.state, c.actor, c.reason, c.decided_at) END""",
    "cases_are_of_their_donation": """
        SELECT format('transfer %s of case %s is for donation %s', m.transfer_id, m.case_id, m.donation_id)
          FROM match_movement m LEFT JOIN screening_case c ON c.id = m.case_id
         WHERE m.case_id IS NOT NULL AND c.donation_id IS DISTINCT FROM m.donation_id""",
    "payments_are_as_decided_at_the_desk": f"""
        SELECT format('payment %s of %s fen is with %s, but not by the audit trail', e.payment_intent,
                      e.amount_minor, coalesce(nullif(e.actor, ''), 'nobody'))
          FROM payment_exception e LEFT JOIN {_OF_PAYMENTS} ON a.subject = 'payment_exception:' || e.id
         WHERE CASE WHEN a.subject IS NULL THEN e.actor <> ''
                    ELSE (a.actor, a.detail ->> 'reason', CAST(a.detail ->> 'amount_minor' AS bigint),
                          a.detail ->> 'currency') IS DISTINCT FROM (e.actor, e.note, e.amount_minor, e.currency)
                    END""",
    "blacklisted_projects_are_listed": """
        SELECT format('project %s is %s, but its listing says otherwise', p.id, p.status) FROM project p
         WHERE (p.status = 'blacklisted') <>
               (p.id IN (SELECT project_id FROM project_listing WHERE lifted_at IS NULL))""",
    "ratings_are_the_newest": """
        SELECT format('project %s is rated %s, its last rating was %s', p.id, p.rating, coalesce(r.rating, 0))
          FROM project p
          LEFT JOIN (SELECT DISTINCT ON (project_id) project_id, rating FROM project_rating
                      ORDER BY project_id, position DESC, id DESC) AS r ON r.project_id = p.id
         WHERE p.rating <> coalesce(r.rating, 0)""",
    "donors_have_their_donations": f"""
        SELECT format('a donor is counted with %s donations in campaign %s, their rows say %s',
                      coalesce(k.donations, 0), campaign_id, coalesce(d.donations, 0))
          FROM campaign_donor k
          FULL JOIN (SELECT campaign_id, donor_key, count(*) AS donations FROM donation
                      WHERE {one_of("status", sorted(COUNTED))} GROUP BY 1, 2) AS d USING (campaign_id, donor_key)
         WHERE coalesce(k.donations, 0) <> coalesce(d.donations, 0)""",
    "donor_keys_agree": """
        SELECT format('donation %s is of another donor than its match', d.id)
          FROM donation d JOIN reservation r ON r.donation_id = d.id
         WHERE r.donor_key <> d.donor_key
        UNION ALL
        SELECT format('donation %s is of another donor than its contact', d.id)
          FROM donation d JOIN donation_contact c ON c.donation_id = d.id
         WHERE c.donor_key <> d.donor_key
        UNION ALL
        SELECT format('donation %s is of another donor than its key', d.id)
          FROM donation d JOIN person_key k ON k.donation_id = d.id
         WHERE k.donor_key <> d.donor_key""",
}


def check_books(tx: Tx) -> list[str]:
    """Return a description of every broken promise; empty when all hold. `tx` must be a snapshot
    (`Database.snapshot`)."""
    with tx.by_set():
        checks = CHECKS | campaigns.payouts.check.CHECKS
        own = [f"{name}: {row[0]}" for name, sql in checks.items() for row in tx.rows(sql)]
        books = ledger.check.faults(tx) + matching.check.faults(tx)
        above = campaigns.closing.check.faults(tx) + campaigns.accounting.check.faults(tx)
        above += campaigns.monthly.check.faults(tx) + campaigns.sampling.check.faults(tx)
        return books + own + above + campaigns.audit_chain.faults(tx)


def summary(tx: Tx) -> str:
    """Return one line that says how much was checked."""
    row = tx.row(
        "SELECT (SELECT count(*) FROM donation) AS donations, (SELECT count(*) FROM reservation) AS reservations"
    )
    assert row is not None
    books = ledger.statements.size(tx)
    books_checks = ledger.check.CHECKS, matching.check.CHECKS, campaigns.payouts.check.CHECKS
    sets = (*books_checks, CHECKS, campaigns.audit_chain.CHECKS, campaigns.accounting.check.CHECKS)
    above = campaigns.closing.check, campaigns.monthly.check, campaigns.sampling.check
    number = sum(map(len, sets)) + sum(module.NUMBER for module in above)
    waiting = campaigns.closing.check.open_items(tx)
    chain = campaigns.audit_chain.head(tx)
    return (
        f"books hold: {number} checks over {books.transfers} transfers, {books.accounts} accounts, "
        f"{row.donations} donations, {row.reservations} reservations; {books.raised_minor} fen raised; "
        "waiting for a person: "
        f"{waiting.differences} differences, {waiting.payments} payments, {waiting.messages} messages; "
        f"{waiting.suspense_minor} fen in suspense; "
        f"audit chain: block {chain.block}, {campaigns.audit_chain.unsealed(tx)} entries not sealed yet"
    )
