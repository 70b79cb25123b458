"""The table of job runs: one row per job, for operators, the watchdog and the metrics."""

import json
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Column, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import defer
from sqlmodel import Field, SQLModel, select

from campaigns.dependencies import Dependencies
from kernel.db import Tx, moment


class Unit(StrEnum):
    """What a run of a job counts. The labels: `app/i18n/job_labels.py`."""

    APPROVALS_EXPIRED = "approvals_expired"
    APPROVALS_OVERTAKEN = "approvals_overtaken"
    BILLS_FETCHED = "bills_fetched"
    CAMPAIGNS_COUNTED = "campaigns_counted"
    CASES_OPENED = "cases_opened"
    CHALLENGES_UNLOCKED = "challenges_unlocked"
    CODES_FORGOTTEN = "codes_forgotten"
    DONATIONS_EXPIRED = "donations_expired"
    DONATIONS_REMATCHED = "donations_rematched"
    DONORS_UNLINKED = "donors_unlinked"
    EVENTS_PROCESSED = "events_processed"
    FAULTS = "faults"
    FILES_EXPORTED = "files_exported"
    FILES_IMPORTED = "files_imported"
    FILES_REMOVED = "files_removed"
    LETTERS_SENT = "letters_sent"
    MESSAGE_DAYS_FORGOTTEN = "message_days_forgotten"
    MESSAGES_ERASED = "messages_erased"
    NAMES_SPELLED = "names_spelled"
    NOTIFICATIONS_DELIVERED = "notifications_delivered"
    PROJECTS_ALLOTTED = "projects_allotted"
    RECORDS_FORGOTTEN = "records_forgotten"
    REFUNDS_SENT = "refunds_sent"
    REHEARSAL_ITEMS_SENT = "rehearsal_items_sent"
    REMITTANCES_MARKED = "remittances_marked"
    REPLACED_PAYMENTS_CLOSED = "replaced_payments_closed"
    REPLIES_REMOVED = "replies_removed"
    ROWS_ENCRYPTED = "rows_encrypted"
    ROWS_SEALED = "rows_sealed"
    STATEMENT_LINES_READ = "statement_lines_read"
    STATEMENTS_PUBLISHED = "statements_published"
    STEPS_MADE = "steps_made"
    TABLES_ANALYSED = "tables_analysed"
    VOUCHERS_CREATED = "vouchers_created"


Counts = Mapping[Unit, int]


class JobRun(SQLModel, table=True):
    """The last run of a job. `runs` and `failures` count since its first start.

    `counts` is what the last run with an effect did, by `Unit`. `failure` says what the last failure was and where
    it was raised; it stays when later runs succeed.
    """

    __tablename__ = "job_run"
    name: str = Field(primary_key=True)
    started_at: datetime = Field(sa_column=moment())
    finished_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    counts: dict[str, int] = Field(
        default_factory=dict, sa_column=Column(JSONB, nullable=False, server_default=text("'{}'"))
    )
    # Written before `counts` only. Nothing reads it, so that this version runs on while the next one drops it.
    outcome: str = Field(default="", sa_column_kwargs={"server_default": text("''")})
    failure: str = Field(default="", sa_column_kwargs={"server_default": text("''")})
    failed_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    runs: int = Field(default=0, sa_type=BigInteger)
    failures: int = Field(default=0, sa_type=BigInteger)

    @property
    def failed(self) -> bool:
        """Whether the last run that finished failed."""
        return self.failed_at is not None and self.failed_at == self.finished_at


def record_start(deps: Dependencies, name: str) -> None:
    with deps.db.transaction() as tx:
        tx.run(
            """INSERT INTO job_run (name, started_at, runs, failures) VALUES (:name, clock_timestamp(), 1, 0)
               ON CONFLICT (name) DO UPDATE SET started_at = clock_timestamp(), runs = job_run.runs + 1""",
            name=name,
        )


def record_success(deps: Dependencies, name: str, counts: Counts) -> None:
    """Record the end of a run, in real time even under `--at`. A run without counts keeps the previous ones."""
    with deps.db.transaction() as tx:
        tx.run(
            """UPDATE job_run SET finished_at = clock_timestamp(), counts = coalesce(CAST(:counts AS jsonb), counts)
                WHERE name = :name""",
            name=name,
            counts=json.dumps(counts) if counts else None,
        )


def record_failure(deps: Dependencies, name: str, failure: str) -> None:
    """Record that a run failed, in real time even under `--at`."""
    with deps.db.transaction() as tx:
        tx.run(
            """UPDATE job_run SET finished_at = statement_timestamp(), failed_at = statement_timestamp(),
                      failures = failures + 1, failure = :failure
                WHERE name = :name""",
            name=name,
            failure=failure,
        )


def last_runs(tx: Tx) -> dict[str, JobRun]:
    """Return the record of each job by name. A job that never ran is absent."""
    query = select(JobRun).options(defer(JobRun.outcome))  # type: ignore[arg-type]
    return {run.name: run for run in tx.all(query)}
