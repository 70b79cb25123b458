"""The table of job runs: one row per job, for operators, the watchdog and the metrics."""

from datetime import datetime

from sqlalchemy import BigInteger, text
from sqlmodel import Field, SQLModel

from kernel.db import moment


class JobRun(SQLModel, table=True):
    """The last run of a job. `runs` and `failures` count since its first start.

    `failure` says what the last failure was and where it was raised. It stays when later runs succeed.
    """

    __tablename__ = "job_run"
    name: str = Field(primary_key=True)
    started_at: datetime = Field(sa_column=moment())
    finished_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    outcome: str = Field(default="", sa_column_kwargs={"server_default": text("''")})
    failure: str = Field(default="", sa_column_kwargs={"server_default": text("''")})
    failed_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    runs: int = Field(default=0, sa_type=BigInteger)
    failures: int = Field(default=0, sa_type=BigInteger)
