"""Alembic's entry: all tables in one place, and limits so that a migration never blocks giving for long."""

from importlib import import_module
from typing import Any

from alembic import context
from sqlalchemy import TEXT, create_engine, text
from sqlalchemy.types import TypeEngine
from sqlmodel import AutoString, SQLModel

MODULES_WITH_TABLES = (
    "app.jobs.runs",
    "campaigns.accounting.models",
    "campaigns.agreements.models",
    "campaigns.analytics.models",
    "campaigns.approvals.models",
    "campaigns.assignments",
    "campaigns.audit",
    "campaigns.audit_chain",
    "campaigns.bank.models",
    "campaigns.closing.models",
    "campaigns.closing.publication.notice_models",
    "campaigns.closing.publication.objection_models",
    "campaigns.closing.publication.partner_sums_models",
    "campaigns.donations.correction_models",
    "campaigns.donations.letters.letter_models",
    "campaigns.donations.models",
    "campaigns.donations.donors.person_models",
    "campaigns.donations.receipts.receipt_models",
    "campaigns.duties.models",
    "campaigns.exports.models",
    "campaigns.funds.models",
    "campaigns.awards.models",
    "campaigns.goals.models",
    "campaigns.goods.models",
    "campaigns.self_checks.models",
    "campaigns.imports.models",
    "campaigns.intake.models",
    "campaigns.lifecycle.models",
    "campaigns.lifecycle.source_clicks",
    "campaigns.lifecycle.sources",
    "campaigns.monthly.models",
    "campaigns.network.models",
    "campaigns.network.view_models",
    "campaigns.network.replies",
    "campaigns.privacy.code_models",
    "campaigns.payouts.answer_models",
    "campaigns.payouts.models",
    "campaigns.payouts.surplus_models",
    "campaigns.projects.models",
    "campaigns.projects.page_models",
    "campaigns.security_log",
    "campaigns.sampling.models",
    "campaigns.screening.models",
    "campaigns.site_switch",
    "campaigns.spending.models",
    "campaigns.stations.models",
    "campaigns.teams.models",
    "ledger.models",
    "matching.models",
    "payments.mappings.mapping_models",
    "payments.models",
    "payments.outgoing_models",
)
ADVISORY_LOCK = 71_201_917  # two starting machines migrate one after the other


def _other_type(
    _context: Any, _column: Any, _model: Any, migrated: TypeEngine[Any], modelled: TypeEngine[Any]
) -> bool | None:
    """Is a column's type another one? Text is text, whatever a model calls it; None: judge by Alembic's rule."""
    if isinstance(migrated, TEXT) and isinstance(modelled, AutoString) and modelled.length is None:
        return False
    return None


def run() -> None:
    for module in MODULES_WITH_TABLES:
        import_module(module)
    engine = create_engine(context.config.get_main_option("sqlalchemy.url") or "")
    with engine.connect() as connection:
        connection.execute(text("SET lock_timeout = '10s'"))
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ADVISORY_LOCK})
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=SQLModel.metadata,
            transaction_per_migration=True,
            compare_type=_other_type,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": ADVISORY_LOCK})
        connection.commit()
    engine.dispose()


run()
