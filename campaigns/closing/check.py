"""Check that donations, desks and books agree with what providers and partners reported in messages and statements.

The checks are set-based passes over the inbox and over the lines of statements. Only reports of refunds and
disputes, which are few, are read one by one, with the pure functions that processed them.

Work that waits for an operator is not a fault: it is counted (`open_items`).
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from campaigns.closing import check_report
from campaigns.closing.bank.bank_differences import BANK
from campaigns.closing.reconciliation.differences import Difference, find_differences
from campaigns.closing.reconciliation.line_postings import FEES_BOOKED
from campaigns.donations.facts.reversals import position
from kernel.db import Tx, one_of
from ledger.chart import OF_DIFFERENCES
from payments.facts import REVERSAL_TYPES, FactMalformed, facts_of
from payments.partners.partner_events import fact_of
from payments.reversals import ReversalFact, ReversalKind, ReversalState
from payments.statements import FETCHED

_DESK_ONLY = ("payment_exception", "missing_statement")  # handled on a desk of their own, or awaited by the closing
# How long a closing may take from one batch of lines to the comparison after the last, our default.
_READING_MOST = timedelta(minutes=15)
_AFTER_READING = ("fees_of_lines_are_booked", "payouts_are_booked")  # by the comparison

CHECKS = {
    "payments_told_are_money": """
        SELECT format('message %s: payment %s of %s was received, but is in no donation and on no desk',
                      t.event_id, t.intent, coalesce(t.amount, '?'))
          FROM (SELECT e.event_id, e.source, w.state, w.note, e.body #>> '{data,object,id}' AS intent,
                       coalesce(e.body #>> '{data,object,amount_received}',
                                e.body #>> '{data,object,amount}') AS amount,
                       upper(e.body #>> '{data,object,currency}') AS currency
                  FROM inbox_event e JOIN inbox_work w ON w.inbox_id = e.id
                 WHERE e.source = 'stripe' AND e.body ->> 'type' = 'payment_intent.succeeded'
                   AND w.state IN ('done', 'ignored')) AS t
          LEFT JOIN donation d ON d.payment_intent = t.intent AND d.provider = t.source
          LEFT JOIN payment_exception x ON (x.provider, x.payment_intent) = (t.source, t.intent)
         WHERE CASE WHEN t.state = 'ignored' THEN t.note NOT IN ('test_mode', 'foreign') OR d.id IS NOT NULL
                                                                                          AND t.note = 'foreign'
                    WHEN d.paid_at IS NOT NULL
                    THEN (CAST(d.amount_minor AS text), d.currency) IS DISTINCT FROM (t.amount, t.currency)
                    ELSE (CAST(x.amount_minor AS text), x.currency) IS DISTINCT FROM (t.amount, t.currency) END""",
    "gifts_told_are_donations": """
        SELECT format('message %s of %s: gift %s of %s fen is no paid donation of it', t.event_id, t.source, t.gift,
                      coalesce(t.amount, '?'))
          FROM (SELECT e.event_id, e.source, e.body #>> '{data,donation_id}' AS gift,
                       e.body #>> '{data,amount_minor}' AS amount
                  FROM inbox_event e JOIN inbox_work w ON w.inbox_id = e.id
                 WHERE e.source LIKE 'partner:%' AND e.body ->> 'type' = 'donation.paid' AND w.state = 'done') AS t
          LEFT JOIN donation d ON (d.provider, d.payment_reference) = (t.source, t.gift)
         WHERE d.paid_at IS NULL OR CAST(d.amount_minor AS text) IS DISTINCT FROM t.amount""",
    "settled_donations_are_on_statements": """
        SELECT format('donation %s is settled, but no statement of %s has its charge', d.id, d.provider)
          FROM donation d
         WHERE d.status = 'settled'
           AND NOT EXISTS (SELECT FROM provider_line l WHERE l.donation_id = d.id AND l.provider = d.provider
                              AND l.kind = 'charge')""",
    "corrections_name_a_line": """
        SELECT format('line %s of %s corrects line %s, which does not exist', l.line_id, l.provider, l.corrects)
          FROM provider_line l
         WHERE l.corrects IS NOT NULL
           AND NOT EXISTS (SELECT FROM provider_line c WHERE (c.provider, c.line_id) = (l.provider, l.corrects))""",
    "fees_of_lines_are_booked": f"""
        SELECT format('provider %s: its statements have fees of %s fen, the books %s %s', provider, lines_minor,
                      booked_minor, currency)
          FROM ({FEES_BOOKED}) AS f""",
    "payouts_are_booked": """
        SELECT format('payout %s of provider %s is not in the books', l.line_id, l.provider)
          FROM provider_line l
         WHERE l.kind = 'payout' AND l.amount_minor <> 0
           AND NOT EXISTS (SELECT FROM line_posting p WHERE p.key = 'payout:' || l.provider || ':' || l.line_id
                              AND p.amount_minor = abs(l.amount_minor))""",
    "signed_off_sums_are_booked": """
        SELECT format('difference %s is %s over %s fen, of which %s are booked', id, state, sum_minor, booked_minor)
          FROM discrepancy
         WHERE booked_minor <> CASE state WHEN 'signed_off' THEN sum_minor ELSE 0 END""",
    "signed_off_sums_are_on_their_accounts": f"""
        SELECT format('provider %s: %s fen are signed off, %s has %s %s', provider, coalesce(d.minor, 0), account,
                      coalesce(b.minor, 0), currency)
          FROM (SELECT provider, account, currency, sum(booked_minor) AS minor
                  FROM discrepancy GROUP BY 1, 2, 3) AS d
          FULL JOIN (SELECT provider, kind AS account, currency, balance_minor AS minor FROM provider_balance
                      WHERE {one_of("kind", OF_DIFFERENCES)}) AS b USING (provider, account, currency)
         WHERE coalesce(d.minor, 0) <> coalesce(b.minor, 0)""",
}


class OpenItems(NamedTuple):
    """Work that waits for an operator: differences to statements, payments on the desk and messages; and the money
    in suspense (fen, absolute values added up over all currencies)."""

    differences: int
    payments: int
    messages: int
    suspense_minor: int


def faults(tx: Tx) -> list[str]:
    """Return the contradictions between the books and what was reported of money, as text; empty if there are
    none."""
    left_out = _AFTER_READING if _is_being_read(tx) else ()
    checks = {name: sql for name, sql in CHECKS.items() if name not in left_out}
    own = [f"{name}: {row[0]}" for name, sql in checks.items() for row in tx.rows(sql)]
    own += [f"reversals_told_are_facts: {fault}" for fault in _messages_without_fact(tx)]
    own += [f"donations_follow_reversals: {fault}" for fault in _positions_that_differ(tx)]
    own += [f"differences_are_listed: {fault}" for fault in _unlisted(tx)]
    return own + check_report.faults(tx)


NUMBER = len(CHECKS) + 3 + check_report.NUMBER


def open_items(tx: Tx) -> OpenItems:
    """Count the work that waits for an operator."""
    row = tx.row(
        """SELECT (SELECT count(*) FROM discrepancy WHERE state = 'open') AS differences,
                  (SELECT count(*) FROM payment_exception WHERE state IN ('open', 'refunding')) AS payments,
                  (SELECT count(*) FROM inbox_work WHERE state IN ('waiting', 'flagged')) AS messages,
                  (SELECT CAST(coalesce(sum(abs(balance_minor)), 0) AS bigint) FROM provider_balance
                    WHERE kind = 'suspense') AS suspense_minor"""
    )
    assert row is not None
    return OpenItems(row.differences, row.payments, row.messages, row.suspense_minor)


class _Message(NamedTuple):
    source: str
    event_id: str
    body: dict[str, Any]


def _messages_without_fact(tx: Tx) -> Iterator[str]:
    """Yield processed messages about refunds and disputes whose fact is neither stored nor on a desk.

    Facts are stored since a migration that recorded the sums of that time as `before-0011`. Those sums include what
    was reported earlier for the same donations.
    """
    stored = {tuple(row) for row in tx.rows("SELECT kind, reference, state, amount_minor, at FROM reversal_fact")}
    elsewhere = {
        row[0]
        for row in tx.rows(
            """SELECT payment_intent FROM payment_exception
                UNION ALL
               SELECT coalesce(d.payment_intent, d.payment_reference)
                 FROM donation d JOIN reversal_fact f ON f.donation_id = d.id AND f.reference = 'before-0011'"""
        )
    }
    messages = tx.rows_as(
        _Message,
        f"""SELECT e.source, e.event_id, e.body
              FROM inbox_event e JOIN inbox_work w ON w.inbox_id = e.id
             WHERE w.state = 'done'
               AND ((e.source = 'stripe' AND {one_of("e.body ->> 'type'", REVERSAL_TYPES)})
                    OR (e.source LIKE 'partner:%'
                        AND e.body ->> 'type' IN ('donation.refunded', 'donation.refund_reversed')))""",
    )
    for message in messages:
        for fact, payment in _told(message):
            key = (str(fact.kind), fact.reference, str(fact.state), fact.amount_minor, fact.at)
            if key not in stored and payment not in elsewhere:
                yield (
                    f"message {message.event_id} of {message.source}: {fact.kind} {fact.reference} is {fact.state} "
                    f"over {fact.amount_minor} fen, but no donation knows of it and no desk has it"
                )


def _told(message: _Message) -> Iterator[tuple[ReversalFact, str | None]]:
    """Yield the refund or dispute that a message reports, and the payment that it is about."""
    if message.source == "stripe":
        try:
            facts = facts_of(message.body)
        except FactMalformed:  # accepted by an earlier version that was less strict
            return
        for fact in facts:
            if fact.reversal is not None:
                yield fact.reversal, fact.payment_intent
        return
    gift = fact_of(message.source.removeprefix("partner:"), message.body)
    kind = ReversalKind.PARTNER_TOTAL if gift.kind == "refunded" else ReversalKind.PARTNER_REINSTATED
    yield ReversalFact(kind, gift.their_id, ReversalState.TOLD, gift.amount_minor, gift.occurred_at), gift.their_id


def _positions_that_differ(tx: Tx) -> Iterator[str]:
    """Yield paid donations whose row disagrees with the facts about their refunds and disputes."""
    facts = defaultdict(list)
    for row in tx.rows(
        """SELECT id, donation_id, kind, reference, state, amount_minor, at, created_at FROM reversal_fact
            ORDER BY id"""
    ):
        kind, state = ReversalKind(row.kind), ReversalState(row.state)
        facts[row.donation_id].append(
            ReversalFact(kind, row.reference, state, row.amount_minor, row.at, row.created_at, row.id)
        )
    donations = tx.rows(
        """SELECT id, amount_minor, refunded_minor, excess_minor FROM donation
            WHERE paid_at IS NOT NULL
              AND (refunded_minor <> 0 OR excess_minor <> 0 OR id IN (SELECT donation_id FROM reversal_fact))"""
    )
    for row in donations:
        left = position(row.amount_minor, facts[row.id])
        if (row.amount_minor - row.refunded_minor, row.excess_minor) != (left.kept_minor, left.excess_minor):
            yield (
                f"donation {row.id} keeps {row.amount_minor - row.refunded_minor} fen with {row.excess_minor} in "
                f"excess, by its refunds and disputes {left.kept_minor} with {left.excess_minor}"
            )


def _unlisted(tx: Tx) -> Iterator[str]:
    """Yield differences to statements that no list has, or that are listed with other amounts.

    If our side has changed since the statement was last read, the next comparison lists or explains the difference.
    So does the next step of a closing that is reading the statement in batches.
    """
    listed = {
        (row.provider, _kind(row.cause), row.reference): (row.ours_minor, row.theirs_minor)
        for row in tx.rows(
            """SELECT provider, cause, reference, ours_minor, theirs_minor FROM discrepancy
                WHERE state IN ('open', 'signed_off')"""
        )
    }
    being_read = FETCHED if _is_being_read(tx) else ()
    unlisted = [
        difference
        for difference in find_differences(tx)
        if difference.cause not in _DESK_ONLY
        and difference.provider not in being_read
        and not _is_listed(difference, listed)
    ]
    changed = _changed_since_read(tx, unlisted)
    for difference in unlisted:
        if difference.donation_id not in changed:
            yield (
                f"{difference.cause} {difference.reference} of {difference.provider}: the books say "
                f"{difference.ours_minor} fen, the statement {difference.theirs_minor}, and no list has it"
            )


def _is_being_read(tx: Tx) -> bool:
    """Return whether a closing is reading statements from providers' APIs, or was interrupted in it: its campaign
    came to the phase, or lines came, within the last minutes. A million lines come in many transactions and are
    compared after the last."""
    return bool(
        tx.scalar(
            """SELECT EXISTS (
                   SELECT FROM campaign c
                    WHERE c.phase IN ('reconciling', 'cancelled')
                      AND (EXISTS (SELECT FROM campaign_history h
                                    WHERE h.campaign_id = c.id AND h.to_phase = c.phase AND h.at > :since)
                           OR EXISTS (SELECT FROM provider_line l
                                       WHERE l.provider = ANY(:fetched) AND l.fetched_at > :since)))""",
            since=tx.now - _READING_MOST,
            fetched=sorted(FETCHED),
        )
    )


def _is_listed(difference: Difference, listed: Mapping[tuple[str, str, str], tuple[int, int]]) -> bool:
    """Return whether a list has a difference. Amounts of the bank are not compared, because a deposit may have been
    corrected since."""
    amounts = listed.get((difference.provider, _kind(difference.cause), difference.reference))
    if difference.provider == BANK:
        return amounts is not None
    return amounts == (difference.ours_minor, difference.theirs_minor)


def _kind(cause: str) -> str:
    """Treat `late` as `missing_here`: which of the two an unexplained charge is depends on its campaign, which may
    have changed."""
    return "missing_here" if cause == "late" else cause


def _changed_since_read(tx: Tx, differences: list[Difference]) -> set[UUID]:
    """Return the donations of these differences that changed after the last line of their provider arrived, or
    whose provider has sent no line yet."""
    donations = [difference.donation_id for difference in differences if difference.donation_id is not None]
    if not donations:
        return set()
    rows = tx.rows(
        """SELECT d.id FROM donation d
             LEFT JOIN (SELECT provider, max(fetched_at) AS at FROM provider_line GROUP BY provider) AS read
                  USING (provider)
            WHERE d.id = ANY(:ids) AND d.paid_at IS NOT NULL
              AND (read.at IS NULL
                   OR EXISTS (SELECT FROM reversal_fact f WHERE f.donation_id = d.id AND f.recorded_at >= read.at)
                   OR EXISTS (SELECT FROM donation_history h
                               WHERE h.donation_id = d.id AND h.to_status = 'paid' AND h.at >= read.at))""",
        ids=donations,
    )
    return {row.id for row in rows}
