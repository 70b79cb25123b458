"""Alembic's entry: all tables in one place, and limits so that a migration never blocks giving for long."""

from alembic import context
from sqlalchemy import create_engine, text
from sqlmodel import SQLModel

import payments.models  # noqa: F401

ADVISORY_LOCK = 71_201_917  # two starting machines migrate one after the other


def run() -> None:
    engine = create_engine(context.config.get_main_option("sqlalchemy.url") or "")
    with engine.connect() as connection:
        connection.execute(text("SET lock_timeout = '10s'"))
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ADVISORY_LOCK})
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=SQLModel.metadata,
            transaction_per_migration=True,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": ADVISORY_LOCK})
        connection.commit()
    engine.dispose()


run()
