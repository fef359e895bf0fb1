"""The connections to PostGIS: one engine for the faces, plain psycopg connections for bulk work.

Every transaction is opened by an entry point (a view, a worker, a command) and handed down; `store` never commits.
Enterprise and partner accounts are fenced by the database itself: `transaction(engine, fence)` puts their
transaction under the role `platform_fenced`, whose row policies read the settings made here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, MetaData, create_engine, text

ROOT = Path(__file__).resolve().parent.parent
METADATA = MetaData()


@dataclass(frozen=True, slots=True)
class Fence:
    """What the database lets a fenced account see: rows of one enterprise, of its organisation, of a partner city."""

    enterprise_id: int | None = None
    division: str | None = None
    organisation_id: int | None = None


def sqlalchemy_url(database_url: str) -> str:
    """The same address with the driver named, as SQLAlchemy wants it."""
    scheme, rest = database_url.split("://", 1)
    return f"postgresql+psycopg://{rest}" if scheme in {"postgres", "postgresql"} else database_url


def connect_engine(database_url: str, pool_size: int = 10) -> Engine:
    """An engine whose sessions speak UTC; compiling a query costs a page more than running it (0.3 s), so no JIT."""
    return create_engine(
        sqlalchemy_url(database_url),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_pre_ping=True,
        connect_args={"options": "-c timezone=UTC -c statement_timeout=60000 -c jit=off", "connect_timeout": 10},
    )


def connect(database_url: str) -> psycopg.Connection:
    """A plain connection in autocommit mode, for COPY: transactions are opened in the open with `.transaction()`."""
    return psycopg.connect(
        database_url.replace("postgres://", "postgresql://", 1),
        autocommit=True,
        options="-c timezone=UTC",
        connect_timeout=10,
        keepalives_idle=10,  # a server that vanished without a word is noticed within half a minute
        keepalives_interval=5,
        keepalives_count=3,
        tcp_user_timeout=30_000,
    )


@contextmanager
def transaction(engine: Engine, fence: Fence | None = None) -> Iterator[Connection]:
    """One transaction; fenced accounts run it under a role that the row policies hold."""
    with engine.begin() as connection:
        if fence is not None:
            connection.execute(text("SET LOCAL ROLE platform_fenced"))
            connection.execute(
                text(
                    "SELECT set_config('app.enterprise', :e, true), set_config('app.division', :d, true),"
                    " set_config('app.organisation', :o, true)"
                ),
                {
                    "e": str(fence.enterprise_id or ""),
                    "d": fence.division or "",
                    "o": str(fence.organisation_id or ""),
                },
            )
        yield connection


@contextmanager
def single_statements(engine: Engine) -> Iterator[Connection]:
    """A connection without a fence whose every statement is a transaction of its own: nothing is begun or committed.

    For a path that reads a row and adds one, hundreds of times a second: two round trips less.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        yield connection


def alembic_config(database_url: str) -> Config:
    """Alembic's configuration without an ini file: one place for migrations, one head."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["database_url"] = sqlalchemy_url(database_url)
    return config


def migrate(database_url: str, revision: str = "head") -> None:
    """Bring the schema up to `revision`; running it again changes nothing."""
    command.upgrade(alembic_config(database_url), revision)


def downgrade(database_url: str, revision: str) -> None:
    """Take the schema down to `revision` ("base" for empty)."""
    command.downgrade(alembic_config(database_url), revision)
