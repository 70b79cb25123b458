"""The addresses of PostgreSQL and Redis, and the time-outs for the database."""

from typing import Self

from pydantic import Field, model_validator

from settings.process import Process
from settings.texts import Postgres, Redis


class Servers(Process):
    database_url: Postgres = Field("", alias="DATABASE_URL", repr=False)
    redis_url: Redis | None = Field(None, alias="REDIS_URL", repr=False)
    # Time-outs of pages and API, and those of jobs; `kernel/timeouts.py` explains each.
    database_connect_s: int = Field(3, ge=1, le=60, alias="DATABASE_CONNECT_S")
    database_pool_s: int = Field(2, ge=1, le=60, alias="DATABASE_POOL_S")
    database_statement_s: int = Field(6, ge=1, le=600, alias="DATABASE_STATEMENT_S")
    database_lock_s: int = Field(5, ge=1, le=600, alias="DATABASE_LOCK_S")
    job_statement_s: int = Field(1800, ge=60, le=86_400, alias="JOB_STATEMENT_S")
    job_lock_s: int = Field(60, ge=1, le=3_600, alias="JOB_LOCK_S")

    @model_validator(mode="after")
    def _lock_before_statement(self) -> Self:
        for waiter in ("database", "job"):
            if getattr(self, f"{waiter}_lock_s") > getattr(self, f"{waiter}_statement_s"):
                raise ValueError(f"{waiter.upper()}_LOCK_S must not be greater than {waiter.upper()}_STATEMENT_S")
        return self
