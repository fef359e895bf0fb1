"""Role, database and extensions: what a superuser prepares before the platform's own role migrates."""

from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from server.launch.postgres import DATABASE, OWNER, Postgres
from server.launch.secret_files import secret

FENCED = "platform_fenced"  # what server.db puts the transactions of enterprises and partners under
EXTENSIONS = ("postgis", "pgcrypto", "btree_gist", "pg_trgm")


def prepare(cluster: Postgres, database: str = DATABASE) -> str:
    """Make role, database and extensions of a private cluster; gives the URL of the platform's role."""
    prepare_server(cluster.admin_url, database, secret(cluster.secrets, "postgres_platform"))
    return cluster.url_of(database)


def prepare_server(admin_url: str, database: str, password: str) -> None:
    """Make role, database and extensions where they are missing, and set the role's password."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        _make_roles(connection, password)
        if not _exists(connection, "SELECT 1 FROM pg_database WHERE datname = %s", database):
            names = sql.Identifier(database), sql.Identifier(OWNER)
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(*names))
    with psycopg.connect(_in(admin_url, database), autocommit=True) as connection:
        for name in EXTENSIONS:
            connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(name)))


def clone(cluster: Postgres, database: str, template: str) -> str:
    """A copy of a prepared database, replacing one of that name; nobody may be connected to the template."""
    drop(cluster, database)
    with psycopg.connect(cluster.admin_url, autocommit=True) as connection:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}")
        connection.execute(statement.format(sql.Identifier(database), sql.Identifier(template), sql.Identifier(OWNER)))
    return cluster.url_of(database)


def drop(cluster: Postgres, database: str) -> None:
    """Remove a database, ending whoever is still connected to it."""
    with psycopg.connect(cluster.admin_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))


def _in(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path="/" + database))


def _exists(connection: psycopg.Connection, query: str, name: str) -> bool:
    return connection.execute(query.encode(), (name,)).fetchone() is not None


def _make_roles(connection: psycopg.Connection, password: str) -> None:
    """The platform's own role, and the one its fenced transactions change to; neither is a superuser."""
    for name, wanted in (
        (OWNER, sql.SQL("LOGIN PASSWORD {}").format(sql.Literal(password))),
        (FENCED, sql.SQL("NOLOGIN")),
    ):
        verb = "ALTER" if _exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", name) else "CREATE"
        connection.execute(sql.SQL(f"{verb} ROLE {{}} {{}}").format(sql.Identifier(name), wanted))
    connection.execute(
        sql.SQL("GRANT {} TO {} WITH ADMIN OPTION").format(sql.Identifier(FENCED), sql.Identifier(OWNER))
    )
