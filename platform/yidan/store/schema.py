"""What the database itself refuses: changes to what was recorded.

The triggers are part of the migrations on both databases; a test tries every forbidden statement
after every migration, since batch migrations recreate tables and would drop them silently.
"""

from typing import Final

from sqlalchemy import Connection

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
            connection.exec_driver_sql(f"REVOKE TRUNCATE ON {table} FROM PUBLIC")


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
