"""What the database itself refuses: changes to what was recorded.

The triggers are part of the migrations on both databases; a test tries every forbidden statement
after every migration, since batch migrations recreate tables and would drop them silently.
"""

from typing import Final

from sqlalchemy import Connection, MetaData, inspect

HEAD: Final = "0001"
"""The newest version in `migrations/versions`."""

APPEND_ONLY: Final = ("event", "erasure")
"""Tables whose rows are never updated or deleted."""


def protect(connection: Connection, tables: tuple[str, ...] = APPEND_ONLY) -> None:
    """Create the triggers that keep recorded rows as they are."""
    for table in tables:
        _refuse(connection, table, "UPDATE")
        _refuse(connection, table, "DELETE")
    _refuse(connection, "event_content", "UPDATE")
    _refuse(
        connection,
        "event_content",
        "DELETE",
        unless="EXISTS (SELECT 1 FROM erasure WHERE erasure.event_id = OLD.event_id)",
    )
    if connection.dialect.name == "postgresql":
        for table in (*tables, "event_content"):
            _refuse_truncate(connection, table)
            rights = "TRUNCATE" if table == "event_content" else "DELETE, TRUNCATE"
            # UPDATE stays: PostgreSQL's own foreign-key checks lock the row in the owner's name.
            connection.exec_driver_sql(f"REVOKE {rights} ON {table} FROM PUBLIC, CURRENT_USER")


def _refuse(connection: Connection, table: str, verb: str, *, unless: str = "FALSE") -> None:
    name = f"{table}_no_{verb.lower()}"
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            f"CREATE TRIGGER {name} BEFORE {verb} ON {table} WHEN NOT ({unless})"
            f" BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        )
        return
    kept = "NEW" if verb == "UPDATE" else "OLD"
    connection.exec_driver_sql(
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" IF NOT ({unless}) THEN RAISE EXCEPTION '{table} is append-only'; END IF;"
        f" RETURN {kept}; END $$"
    )
    connection.exec_driver_sql(
        f"CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"
    )


def _refuse_truncate(connection: Connection, table: str) -> None:
    name = f"{table}_no_truncate"
    connection.exec_driver_sql(
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        f" RAISE EXCEPTION '{table} is append-only'; END $$"
    )
    connection.exec_driver_sql(
        f"CREATE TRIGGER {name} BEFORE TRUNCATE ON {table}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
    )


def version(connection: Connection) -> str | None:
    """The version of the database's tables; None for an empty database."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.exec_driver_sql(
        "SELECT version_num FROM alembic_version"
    ).scalar_one_or_none()
    return found


def create(connection: Connection, metadata: MetaData) -> None:
    """Make an empty database as the newest version wants it; a test compares it with an upgrade."""
    metadata.create_all(connection)
    protect(connection)
    connection.exec_driver_sql(
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL,"
        " CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
    )
    connection.exec_driver_sql(f"INSERT INTO alembic_version VALUES ('{HEAD}')")
