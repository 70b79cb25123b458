"""Alembic's entry: all tables in one place, and limits so that a migration never blocks giving for long."""

from importlib import import_module

from alembic import context
from sqlalchemy import create_engine, text
from sqlmodel import SQLModel

ROOMS_WITH_TABLES = (
    "app.job_runs",
    "campaigns.closing.models",
    "campaigns.donations.models",
    "campaigns.events.models",
    "campaigns.network.models",
    "campaigns.projects.models",
    "ledger.models",
    "matching.models",
    "payments.models",
)
ADVISORY_LOCK = 71_201_917  # two starting machines migrate one after the other


def run() -> None:
    for room in ROOMS_WITH_TABLES:
        import_module(room)
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
