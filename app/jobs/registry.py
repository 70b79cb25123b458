"""The jobs: one table from name to interval and work, and the record of each run.

A job may run in several processes at once, because each claims its work in the database.
"""

import time
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

import structlog

from app.demo.rehearsal import play
from app.exports.work import write_exports
from app.jobs.analyse import analyse_grown_tables
from app.live.publish import publish
from app.mail.send import send_letters
from campaigns.accounting.book import book
from campaigns.analytics.kept import count_due
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
from kernel.db import Tx
from kernel.errors import NotFound
from kernel.failures import failure_of
from payments.inbox.message_keys import make_ahead
from payments.partners.partner_secrets import forget_secrets

log = structlog.get_logger("jobs")

SEALING_S = 20  # per run; the next run seals the rest
MOST_BATCHES = 100  # per run, well within the time after which a silent scheduler exits


class Job(NamedTuple):
    """Work to do every `every_s` seconds. `work` returns what it did, in words, or "" for nothing."""

    every_s: int
    work: Callable[[Dependencies], str]


class LastRun(NamedTuple):
    """The record of a job. `runs` and `failures` count since its first start.

    `failure` says what the last failure was and where it was raised, `failed_at` when.
    """

    name: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str
    runs: int
    failures: int
    failure: str
    failed_at: datetime | None


def _process_inbox(deps: Dependencies) -> str:
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
    return _outcome(processed, "events")


def _expire(deps: Dependencies) -> str:
    ended = _outcome(expire(deps), "lapsed"), _outcome(close_replaced_payments(deps), "replaced payments closed")
    return ", ".join(filter(None, ended))


def _refunds(deps: Dependencies) -> str:
    return _outcome(send_refunds(deps) + payment_desk.send_refunds(deps), "sent")


def _restore(deps: Dependencies) -> str:
    return _outcome(restore_match(deps), "offered match again")


def _challenges(deps: Dependencies) -> str:
    return _outcome(unlock_challenges(deps), "unlocked")


def _screen(deps: Dependencies) -> str:
    return _outcome(screen(deps, publish, lambda: yields_to_inbox(deps)), "cases opened")


def _close(deps: Dependencies) -> str:
    return _outcome(close(deps), "steps")


def _allot(deps: Dependencies) -> str:
    """Divide the money received, and mark the remittances that the bank's statement shows as paid or returned."""
    done = _outcome(allot(deps), "projects"), _outcome(mark_by_statement(deps), "remittances marked")
    return ", ".join(filter(None, done))


def _statements(deps: Dependencies) -> str:
    """Read new lines of the provider's statement, so that money is compared at once and not only at the end."""
    return _outcome(follow_statement(deps), "lines")


def _analyse(deps: Dependencies) -> str:
    return _outcome(analyse_grown_tables(deps), "tables analysed")


def _seal(deps: Dependencies) -> str:
    write_counted(deps)
    return _outcome(seal(deps), "rows sealed")


def _approvals(deps: Dependencies) -> str:
    """Expire approvals that were not decided in time."""
    with deps.db.transaction() as tx:
        return _outcome(expire_approvals(tx), "approvals expired")


def _vouchers(deps: Dependencies) -> str:
    """Create the vouchers up to the end of yesterday."""
    return _outcome(book(deps, "scheduler").vouchers, "vouchers")


def _monthly(deps: Dependencies) -> str:
    return _outcome(publish_statements(deps), "statements")


def _replies(deps: Dependencies) -> str:
    """Remove replies that are no longer needed for repeated requests."""
    with deps.db.transaction() as tx:
        return _outcome(forget(tx), "replies removed")


def _forget_access(deps: Dependencies) -> str:
    with deps.db.transaction() as tx:
        forgotten = forget_access(tx) + forget_secrets(tx, tx.now - KEPT) + forget_refusals(tx)
        return _outcome(forgotten, "forgotten")


def _pictures(deps: Dependencies) -> str:
    return _outcome(remove_stray_files(deps, named_photos), "stray files removed")


def _check(deps: Dependencies) -> str:
    """Compare the books with the statements, check the books, and log the faults. Repairs are left to people."""
    with deps.db.transaction() as tx:
        compare(tx)
    with deps.db.snapshot() as tx:
        faults = check_books(tx)
    for fault in faults[:50]:
        log.error("books_fault", fault=fault)
    return f"{len(faults)} faults"


def _personal_data(deps: Dependencies) -> str:
    """Seal what earlier versions stored in clear text, and forget what is no longer needed."""
    with deps.db.transaction() as tx:
        make_ahead(tx, deps.keys)
    sealed, began = 0, time.monotonic()
    while time.monotonic() - began < SEALING_S and (count := seal_stored(deps)):
        sealed += count
    done = (
        _outcome(sealed, "rows sealed"),
        _outcome(erase_late(deps), "messages of erased donors"),
        _outcome(forget_messages(deps), "days of messages forgotten"),
        _outcome(unlink_erased(deps), "erased donors unlinked"),
        _outcome(forget_codes(deps), "codes forgotten"),
    )
    return ", ".join(filter(None, done))


def _spelling(deps: Dependencies) -> str:
    return _outcome(spell_names(deps), "names spelled")


def _letters(deps: Dependencies) -> str:
    return _outcome(send_letters(deps), "letters sent")


def _tell_partners(deps: Dependencies) -> str:
    return _outcome(tell_partners(deps), "events taken")


def _outcome(count: int, unit: str) -> str:
    return f"{count} {unit}" if count else ""


JOBS: dict[str, Job] = {
    "process-inbox": Job(1, _process_inbox),
    "expire": Job(5, _expire),
    "refunds": Job(5, _refunds),
    "challenges": Job(5, _challenges),
    "restore": Job(5, _restore),
    "screen": Job(5, _screen),
    "close": Job(5, _close),
    "allot": Job(30, _allot),
    "imports": Job(2, lambda deps: _outcome(work_off(deps), "files")),
    "exports": Job(2, lambda deps: _outcome(write_exports(deps), "files")),
    "statements": Job(600, _statements),
    "fetch-bills": Job(60, lambda deps: _outcome(fetch_due(deps), "bills fetched")),
    "seal": Job(1, _seal),
    "analyse": Job(10, _analyse),
    "analytics": Job(20, lambda deps: _outcome(count_due(deps), "campaigns counted")),
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
    "rehearsal": Job(5, lambda deps: _outcome(play(deps), "gifts and files")),
}


def run(name: str, deps: Dependencies) -> str:
    """Run a job once, record the run, and return what it did.

    Raises NotFound `job_unknown`. Exceptions of the job are raised again after they are recorded.
    """
    if name not in JOBS:
        raise NotFound("job_unknown", jobs=", ".join(JOBS))
    _record_start(deps, name)
    try:
        outcome = JOBS[name].work(deps)
    except Exception as error:
        _record_end(deps, name, f"failed: {failure_of(error)}", failed=True)
        raise
    _record_end(deps, name, outcome, failed=False)
    if outcome and outcome != "0 faults":
        log.info("job", job=name, outcome=outcome)
    return outcome


def _record_start(deps: Dependencies, name: str) -> None:
    with deps.db.transaction() as tx:
        tx.run(
            """INSERT INTO job_run (name, started_at, runs, failures) VALUES (:name, clock_timestamp(), 1, 0)
               ON CONFLICT (name) DO UPDATE SET started_at = clock_timestamp(), runs = job_run.runs + 1""",
            name=name,
        )


def _record_end(deps: Dependencies, name: str, outcome: str, *, failed: bool) -> None:
    """Record the end of a run, in real time even under `--at`. A run that did nothing keeps the outcome of the
    previous run, unless that failed."""
    with deps.db.transaction() as tx:
        tx.run(
            """UPDATE job_run SET finished_at = clock_timestamp(), failures = failures + :failed,
                      failure = CASE WHEN :failed > 0 THEN CAST(:outcome AS text) ELSE failure END,
                      failed_at = CASE WHEN :failed > 0 THEN clock_timestamp() ELSE failed_at END,
                      outcome = CASE WHEN CAST(:outcome AS text) = '' AND outcome <> failure
                                     THEN outcome ELSE :outcome END
                WHERE name = :name""",
            name=name,
            outcome=outcome,
            failed=int(failed),
        )


def last_runs(tx: Tx) -> dict[str, LastRun]:
    """Return the record of each job by name. A job that never ran is absent."""
    sql = "SELECT name, started_at, finished_at, outcome, runs, failures, failure, failed_at FROM job_run"
    return {run.name: run for run in tx.rows_as(LastRun, sql)}
