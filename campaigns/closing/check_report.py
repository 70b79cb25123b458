"""Check the closing reports: each is unchanged since it was written, adds up, and equals the books at its mark."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlmodel import select

from campaigns.audit import AuditEntry
from campaigns.closing.publication.notice_models import PublicNotice
from campaigns.closing.publication.notices import FIGURES, PUBLISHED
from campaigns.closing.report import REPORTED, TABLES
from kernel.db import Tx, one_of
from kernel.ids import fingerprint
from ledger.chart import EARNED

# Every published head of the audit chain exists in the chain.
CHECKS = {
    "published_heads_are_in_the_chain": """
        SELECT format('the closing report of campaign %s was published with block %s of the audit chain, %s',
                      r.campaign_id, p.number, CASE WHEN b.number IS NULL THEN 'which is gone'
                                                    ELSE 'which has another hash now' END)
          FROM closing_report r
         CROSS JOIN LATERAL (SELECT CAST(r.report #>> '{audit,block}' AS bigint) AS number,
                                    r.report #>> '{audit,hash}' AS hash) AS p
          LEFT JOIN audit_block b ON b.number = p.number
         WHERE p.number > 0 AND b.hash IS DISTINCT FROM p.hash""",
}
NUMBER = len(CHECKS) + 5

# The books at the mark are the books now, less the movements since.
_AT_ITS_MARK = f"""
    SELECT r.campaign_id, r.report, r.report_hash, r.ledger_mark,
           CAST(coalesce(now.raised, 0) - coalesce(since.raised, 0) AS bigint) AS raised_minor,
           CAST(coalesce(now.matched, 0) - coalesce(since.matched, 0) AS bigint) AS matched_minor
      FROM closing_report r
     CROSS JOIN LATERAL (
           SELECT (SELECT sum(p.raised_minor) FROM project_raised p WHERE p.campaign_id = r.campaign_id) AS raised,
                  (SELECT sum(b.balance_minor) FROM pot p JOIN pot_balance b ON b.pot_id = p.id
                    WHERE p.campaign_id = r.campaign_id AND {one_of("b.kind", EARNED)}) AS matched) AS now
     CROSS JOIN LATERAL (
           SELECT (SELECT sum(m.delta_minor) FROM donation_movement m
                    WHERE m.campaign_id = r.campaign_id AND m.transfer_id > r.ledger_mark) AS raised,
                  (SELECT sum(m.delta_minor) FROM pot p JOIN earned_movement m ON m.pot_id = p.id
                    WHERE p.campaign_id = r.campaign_id AND m.transfer_id > r.ledger_mark) AS matched) AS since"""


class _Report(NamedTuple):
    """A closing report, and the figures of its campaign in the books at its mark, in fen."""

    campaign_id: int
    report: dict[str, Any]
    report_hash: str
    ledger_mark: int
    raised_minor: int
    matched_minor: int


def faults(tx: Tx) -> list[str]:
    """Return the faults of closing reports and public notices as text; empty if there are none."""
    own = [f"{name}: {row[0]}" for name, sql in CHECKS.items() for row in tx.rows(sql)]
    trail = {
        (entry.subject, entry.detail.get("report_hash"))
        for entry in tx.all(select(AuditEntry).where(AuditEntry.action == REPORTED))
    }
    rows = tx.rows_as(_Report, _AT_ITS_MARK)
    gone = {subject for subject, _ in trail} - {f"campaign:{row.campaign_id}" for row in rows}
    own += [f"reports_are_in_the_audit_trail: the closing report of {subject} is gone" for subject in sorted(gone)]
    reports = [fault for row in rows for fault in _faults_of(row, trail)]
    return own + reports + list(_faults_of_notices(tx))


def _faults_of_notices(tx: Tx) -> Iterator[str]:
    """Yield the public notices that differ from what the audit trail says was published, are gone, or do not add
    up."""
    entries = tx.all(select(AuditEntry).where(AuditEntry.action == PUBLISHED))
    trail = {(entry.subject, entry.detail.get("notice_hash")) for entry in entries}
    rows = tx.all(select(PublicNotice))
    numbers = {str(entry.detail["number"]) for entry in entries}
    for number in sorted(numbers - {f"{row.year}-{row.number}" for row in rows}):
        yield f"notices_are_as_published: notice {number} is gone"
    for row in rows:
        of, notice = f"notice {row.year}-{row.number}", row.notice
        published = (f"campaign:{row.campaign_id}", row.notice_hash) in trail
        sums = all(sum(project[figure] for project in notice["projects"]) == notice[figure] for figure in FIGURES)
        if not published or fingerprint(notice) != row.notice_hash or not sums:
            yield f"notices_are_as_published: {of} is not what was published"


def _faults_of(row: _Report, trail: set[tuple[str, Any]]) -> Iterator[str]:
    of = f"the closing report of campaign {row.campaign_id}"
    if "audit" in row.report and (f"campaign:{row.campaign_id}", row.report_hash) not in trail:
        yield f"reports_are_in_the_audit_trail: {of} has another hash than the audit trail"
    if (fingerprint(row.report), row.report.get("ledger_mark")) != (row.report_hash, row.ledger_mark):
        yield f"reports_are_as_written: {of} is not what its hash {row.report_hash[:16]}... was computed from"
    for figure in ("raised_minor", "matched_minor"):
        ours, books = row.report[figure], getattr(row, figure)
        if ours != books:
            yield f"report_equals_books: {of} has {figure} {ours}, the books at its mark {books}"
    yield from (f"reports_add_up: {of}: {fault}" for fault in _sums_that_differ(row.report))


def _sums_that_differ(report: dict[str, Any]) -> Iterator[str]:
    """Yield the tables of a report whose rows do not add up, by themselves or to the figures of the report."""
    figures = ("raised_minor", "matched_minor", "total_minor")
    if report["raised_minor"] + report["matched_minor"] != report["total_minor"]:
        yield "raised and matched are not the total"
    for table in TABLES:
        rows = report[table]
        if any(row["raised_minor"] + row["matched_minor"] != row["total_minor"] for row in rows):
            yield f"a row of {table} does not add up"
        if any(sum(row[figure] for row in rows) != report[figure] for figure in figures):
            yield f"the rows of {table} are not the whole"
