"""Runs the migrations over the connection that server.db names; there is no offline mode."""

from alembic import context
from sqlalchemy import create_engine, pool, text

MIGRATION_LOCK = 211300  # several one-shot migrators may start at once: the second waits and finds nothing to do


def run() -> None:
    """Apply the migrations in one transaction each, under a lock."""
    engine = create_engine(context.config.attributes["database_url"], poolclass=pool.NullPool)
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
        connection.commit()
        context.configure(connection=connection, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
