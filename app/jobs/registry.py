"""The jobs: one table from name to interval and work.

A job may run in several processes at once, because each claims its work in the database.
"""

import time
from collections.abc import Callable
from typing import NamedTuple

import structlog

from app.demo.rehearsal import play
from app.exports.work import write_exports
from app.jobs.analyse import analyse_grown_tables
from app.jobs.runs import Counts, Unit, record_failure, record_start, record_success
from app.live.publish import publish
from app.mail.send import send_letters
from campaigns.accounting.book import book
from campaigns.analytics.kept import count_due
from campaigns.approval_places import follow_subjects
from campaigns.approvals.desk import end_overtaken
from campaigns.approvals.desk import expire as expire_approvals
from campaigns.audit_chain import seal
from campaigns.check import check_books
from campaigns.closing.challenges import unlock_challenges
from campaigns.closing.close import close
from campaigns.closing.reconciliation.fetch_statement import follow_statement
from campaigns.closing.reconciliation.reconcile import compare
from campaigns.closing.restore import restore_match
from campaigns.dependencies import Dependencies
from campaigns.desks import payment_desk
from campaigns.donations.refunds.refund import send_refunds
from campaigns.donations.replace import close_replaced_payments
from campaigns.donations.unpaid.expire import expire
from campaigns.imports.fetch_bills import fetch_due
from campaigns.imports.work import work_off
from campaigns.intake.process import BATCH, process_inbox
from campaigns.intake.refusal_counts import forget_refusals
from campaigns.intake.tell_partners import tell_partners
from campaigns.monthly.publish import publish_statements
from campaigns.network.forget import KEPT, forget_access
from campaigns.network.replies import forget
from campaigns.payouts.allot import allot
from campaigns.payouts.bank_marks import mark_by_statement
from campaigns.privacy.messages import erase_late
from campaigns.privacy.retention import forget_codes, forget_messages, unlink_erased
from campaigns.privacy.seal_stored import seal_stored
from campaigns.projects.spelling import spell_names
from campaigns.projects.stray_pictures import remove_stray_files
from campaigns.screening.screen import screen, yields_to_inbox
from campaigns.security_log import write_counted
from campaigns.spending.vouchers import named_photos
from kernel.errors import NotFound
from kernel.failures import failure_of
from payments.inbox.inbox import has_due
from payments.inbox.message_keys import make_ahead
from payments.partners.partner_secrets import forget_secrets

log = structlog.get_logger("jobs")

SEALING_S = 20  # per run; the next run seals the rest
MOST_BATCHES = 100  # per run, well within the time after which a silent scheduler exits


class Job(NamedTuple):
    """Work to do every `every_s` seconds. `work` returns what it did: counts, which may be 0.

    `has_backlog` returns whether so much is due that the scheduler does not wait for the next tick.
    """

    every_s: int
    work: Callable[[Dependencies], Counts]
    has_backlog: Callable[[Dependencies], bool] | None = None


def _process_inbox(deps: Dependencies) -> Counts:
    """Process batches of events until less than a batch is left.

    Several processes that run this job share a backlog. Threads would not help, because half of the work is
    Python's.
    """
    processed = 0
    for _ in range(MOST_BATCHES):
        count = process_inbox(deps, BATCH, publish)
        processed += count
        if count < BATCH:
            break
    return {Unit.EVENTS_PROCESSED: processed}


def _batch_is_due(deps: Dependencies) -> bool:
    with deps.db.transaction() as tx:
        return has_due(tx, BATCH)


def _expire(deps: Dependencies) -> Counts:
    return {
        Unit.DONATIONS_EXPIRED: expire(deps),
        Unit.REPLACED_PAYMENTS_CLOSED: close_replaced_payments(deps),
    }


def _refunds(deps: Dependencies) -> Counts:
    return {Unit.REFUNDS_SENT: send_refunds(deps) + payment_desk.send_refunds(deps)}


def _restore(deps: Dependencies) -> Counts:
    return {Unit.DONATIONS_REMATCHED: restore_match(deps)}


def _challenges(deps: Dependencies) -> Counts:
    return {Unit.CHALLENGES_UNLOCKED: unlock_challenges(deps)}


def _screen(deps: Dependencies) -> Counts:
    return {Unit.CASES_OPENED: screen(deps, publish, lambda: yields_to_inbox(deps))}


def _close(deps: Dependencies) -> Counts:
    return {Unit.STEPS_MADE: close(deps)}


def _allot(deps: Dependencies) -> Counts:
    """Divide the money received, and mark the remittances that the bank's statement shows as paid or returned."""
    return {Unit.PROJECTS_ALLOTTED: allot(deps), Unit.REMITTANCES_MARKED: mark_by_statement(deps)}


def _statements(deps: Dependencies) -> Counts:
    """Read new lines of the provider's statement, so that money is compared at once and not only at the end."""
    return {Unit.STATEMENT_LINES_READ: follow_statement(deps)}


def _analyse(deps: Dependencies) -> Counts:
    return {Unit.TABLES_ANALYSED: analyse_grown_tables(deps)}


def _seal(deps: Dependencies) -> Counts:
    write_counted(deps)
    return {Unit.ROWS_SEALED: seal(deps)}


def _approvals(deps: Dependencies) -> Counts:
    """End approvals that were not decided in time or whose subject was decided otherwise, and move the others to
    where their subjects belong."""
    with deps.db.transaction() as tx:
        follow_subjects(tx)
        expired = expire_approvals(tx)
    return {Unit.APPROVALS_EXPIRED: expired, Unit.APPROVALS_OVERTAKEN: end_overtaken(deps)}


def _vouchers(deps: Dependencies) -> Counts:
    """Create the vouchers up to the end of yesterday."""
    return {Unit.VOUCHERS_CREATED: book(deps, "scheduler").vouchers}


def _monthly(deps: Dependencies) -> Counts:
    return {Unit.STATEMENTS_PUBLISHED: publish_statements(deps)}


def _replies(deps: Dependencies) -> Counts:
    """Remove replies that are no longer needed for repeated requests."""
    with deps.db.transaction() as tx:
        return {Unit.REPLIES_REMOVED: forget(tx)}


def _forget_access(deps: Dependencies) -> Counts:
    with deps.db.transaction() as tx:
        return {Unit.RECORDS_FORGOTTEN: forget_access(tx) + forget_secrets(tx, tx.now - KEPT) + forget_refusals(tx)}


def _pictures(deps: Dependencies) -> Counts:
    return {Unit.FILES_REMOVED: remove_stray_files(deps, named_photos)}


def _check(deps: Dependencies) -> Counts:
    """Compare the books with the statements, check the books, and log the faults. Repairs are left to people."""
    with deps.db.transaction() as tx:
        compare(tx)
    with deps.db.snapshot() as tx:
        faults = check_books(tx)
    for fault in faults[:50]:
        log.error("books_fault", fault=fault)
    return {Unit.FAULTS: len(faults)}


def _personal_data(deps: Dependencies) -> Counts:
    """Seal what earlier versions stored in clear text, and forget what is no longer needed."""
    with deps.db.transaction() as tx:
        make_ahead(tx, deps.keys)
    sealed, began = 0, time.monotonic()
    while time.monotonic() - began < SEALING_S and (count := seal_stored(deps)):
        sealed += count
    return {
        Unit.ROWS_ENCRYPTED: sealed,
        Unit.MESSAGES_ERASED: erase_late(deps),
        Unit.MESSAGE_DAYS_FORGOTTEN: forget_messages(deps),
        Unit.DONORS_UNLINKED: unlink_erased(deps),
        Unit.CODES_FORGOTTEN: forget_codes(deps),
    }


def _spelling(deps: Dependencies) -> Counts:
    return {Unit.NAMES_SPELLED: spell_names(deps)}


def _letters(deps: Dependencies) -> Counts:
    return {Unit.LETTERS_SENT: send_letters(deps)}


def _tell_partners(deps: Dependencies) -> Counts:
    return {Unit.NOTIFICATIONS_DELIVERED: tell_partners(deps)}


JOBS: dict[str, Job] = {
    "process-inbox": Job(1, _process_inbox, _batch_is_due),
    "expire": Job(5, _expire),
    "refunds": Job(5, _refunds),
    "challenges": Job(5, _challenges),
    "restore": Job(5, _restore),
    "screen": Job(5, _screen),
    "close": Job(5, _close),
    "allot": Job(30, _allot),
    "imports": Job(2, lambda deps: {Unit.FILES_IMPORTED: work_off(deps)}),
    "exports": Job(2, lambda deps: {Unit.FILES_EXPORTED: write_exports(deps)}),
    "statements": Job(600, _statements),
    "fetch-bills": Job(60, lambda deps: {Unit.BILLS_FETCHED: fetch_due(deps)}),
    "seal": Job(1, _seal),
    "analyse": Job(10, _analyse),
    "analytics": Job(20, lambda deps: {Unit.CAMPAIGNS_COUNTED: count_due(deps)}),
    "letters": Job(5, _letters),
    "tell-partners": Job(5, _tell_partners),
    "approvals": Job(60, _approvals),
    "replies": Job(60, _replies),
    "forget-access": Job(3600, _forget_access),
    "pictures": Job(3600, _pictures),
    "vouchers": Job(3600, _vouchers),
    "monthly": Job(3600, _monthly),
    "check": Job(600, _check),
    "personal-data": Job(60, _personal_data),
    "spelling": Job(30, _spelling),
    "rehearsal": Job(5, lambda deps: {Unit.REHEARSAL_ITEMS_SENT: play(deps)}),
}


def run(name: str, deps: Dependencies) -> Counts:
    """Run a job once, record the run, and return what it did. No faults are a result; otherwise 0 is left out.

    Raises NotFound `job_unknown`. Exceptions of the job are raised again after they are recorded.
    """
    if name not in JOBS:
        raise NotFound("job_unknown", jobs=", ".join(JOBS))
    record_start(deps, name)
    try:
        counts = JOBS[name].work(deps)
    except Exception as error:
        record_failure(deps, name, str(failure_of(error)))
        raise
    counts = {unit: count for unit, count in counts.items() if count or unit is Unit.FAULTS}
    record_success(deps, name, counts)
    if any(counts.values()):
        log.info("job", job=name, counts=counts)
    return counts
