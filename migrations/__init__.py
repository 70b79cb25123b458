"""The way of the schema: `upgrade(url)` brings a database to the newest version."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine


def configuration(url: str) -> Config:
    """Alembic's configuration for one database; there is no alembic.ini to keep in step."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def upgrade(url: str) -> None:
    """Apply every migration that is not applied yet, each in a transaction of its own."""
    command.upgrade(configuration(url), "head")


def pending(url: str) -> list[str]:
    """Return the migrations that a database has not had yet, oldest first."""
    script = ScriptDirectory.from_config(configuration(url))
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()
    return [step.revision for step in script.iterate_revisions("head", current)][::-1]
