"""One transaction on PostgreSQL or SQLite, from a database URL; errors become one line."""

from __future__ import annotations

import getpass
import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

from ...validation.errors import InputError
from ...validation.files.atomic import report_os_errors
from ...validation.files.lock import one_writer
from ...validation.installed import install_command
from .sql_checks import Dialect

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Connection, Engine

FORMS = "postgresql://user@host/database or sqlite:///file.db"
LOGIN_REFUSED = {"28P01", "28000"}
NO_SUCH_DATABASE = "3D000"
NO_SUCH_DATABASE_TEXT = re.compile(r'FATAL: +database ".*" does not exist')
LOST = re.compile("08|57P0[123]")
"""SQLSTATEs of a connection that failed, or that the server ended."""
NO_PERMISSION = "42501"
LOCKED = "55P03"
LOCK_SECONDS = 30
"""How long a load waits for others who hold a lock on its tables."""


@contextmanager
def transaction(url: str) -> Iterator[tuple[Connection, Dialect]]:
    """Open one transaction: all of it is done, or nothing.

    Raises:
        InputError: the URL, the driver, the server or the data do not allow it; the message never
            has the password.
    """
    target = parsed(url)
    if target.get_backend_name() != "sqlite":
        with _transaction(target, "postgresql") as connection:
            yield connection, "postgresql"
        return
    file = Path(target.database or "")
    with report_os_errors(file), one_writer(file.parent):
        new = not file.exists()
        try:
            with _transaction(target, "sqlite") as connection:
                yield connection, "sqlite"
        finally:
            # A transaction that was given up leaves the empty file that it was opened on.
            if new and file.is_file() and not file.stat().st_size:
                file.unlink()


@contextmanager
def _transaction(target: URL, dialect: Dialect) -> Iterator[Connection]:
    from sqlalchemy import exc

    try:
        engine = _engine(target, dialect)
        try:
            with engine.begin() as connection:
                if dialect == "postgresql":
                    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
                yield connection
        finally:
            engine.dispose()
    except (exc.SQLAlchemyError, OSError, TypeError) as error:
        if isinstance(error, TypeError) and not _is_option(error):
            raise
        raise InputError(
            f"{shown(target)}: {_without_secrets(_reason(error, target), target)}"
        ) from None


def parsed(url: str) -> URL:
    """Return a URL whose database is supported and whose driver is installed.

    Raises:
        InputError: it is no URL, of another kind of database, or there is no driver.
    """
    import sqlalchemy as sa
    from sqlalchemy import exc

    try:
        target = sa.engine.make_url(url)
    except (exc.ArgumentError, ValueError):
        raise InputError(f"not the URL of a database; give {FORMS}") from None
    if "@" in (target.host or "") or (target.get_backend_name() == "sqlite" and target.host):
        raise InputError(
            "the URL of the database has more parts than it should; write @ : / in a user's name "
            f"or password as %40 %3A %2F, or give {FORMS}"
        )
    kind, _, driver = target.drivername.partition("+")
    if kind == "postgres":
        kind = "postgresql"
    if kind not in ("postgresql", "sqlite"):
        raise InputError(f"{kind}: not a database that eventbook supports; give {FORMS}")
    if kind == "sqlite":
        if driver not in ("", "pysqlite"):
            raise InputError(f"sqlite+{driver}: not a driver that eventbook supports; give {FORMS}")
        if target.database in (None, "", ":memory:"):
            raise InputError("sqlite: the URL has no file name; give sqlite:///file.db")
        return target
    named = bool(driver)
    if not driver:
        driver = "psycopg" if find_spec("psycopg") else "pg8000"
    try:
        target = target.set(drivername=f"{kind}+{driver}")
        target.get_dialect().import_dbapi()
    except exc.NoSuchModuleError:
        raise InputError(f"{kind}+{driver}: SQLAlchemy has no such driver; give {FORMS}") from None
    except ImportError:
        advice = (
            f"leave +{driver} out of the URL, or install it" if named else install_command("db")
        )
        raise InputError(f"the driver {driver} is not installed: {advice}") from None
    if target.get_dialect().is_async:
        raise InputError(f"{kind}+{driver}: asynchronous drivers are not supported; give {FORMS}")
    # pg8000 does without PostgreSQL's C library, which would read these from the environment.
    password = target.password or os.environ.get("PGPASSWORD")
    return target.set(username=target.username or getpass.getuser(), password=password)


def shown(target: URL) -> str:
    """Return a database as messages name it: without its options, which may hold a password."""
    if target.get_backend_name() == "sqlite":
        return str(target.database)
    port = f":{target.port}" if target.port else ""
    return f"{target.username}@{target.host or 'localhost'}{port}/{target.database or ''}"


def _engine(target: URL, dialect: Dialect) -> Engine:
    import sqlalchemy as sa
    from sqlalchemy import event
    from sqlalchemy.pool import NullPool

    # A lost connection is reported like any error; the pool would also log a traceback.
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
    engine = sa.create_engine(target, poolclass=NullPool)
    if dialect == "sqlite":
        # By default, Python's sqlite3 begins no transaction for CREATE and DROP.
        @event.listens_for(engine, "connect")
        def _plain(connection: Any, _: Any) -> None:
            connection.isolation_level = None
            connection.execute("PRAGMA foreign_keys = ON")

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _without_secrets(message: str, target: URL) -> str:
    """Return a message without the password, as it was written or decoded."""
    options = [
        secret
        for name, value in target.query.items()
        if "pass" in name.lower()
        for secret in ([value] if isinstance(value, str) else value)
    ]
    for secret in (str(target.password or ""), *options):
        for form in {secret, quote(secret), quote_plus(secret)} - {""}:
            message = message.replace(form, "***")
    return message


def _is_option(error: TypeError) -> bool:
    return "unexpected keyword argument" in str(error)


def _reason(error: BaseException, target: URL) -> str:
    """Return the reason for an error, on one line."""
    cause = getattr(error, "orig", None) or error
    state, text = _state(cause)
    if isinstance(cause, TypeError):
        return (
            f"the driver {target.get_driver_name()} does not support an option of the URL "
            f"({', '.join(target.query)}); leave it out, or pip install psycopg"
        )
    if state in LOGIN_REFUSED or "password authentication failed" in text:
        return "the server rejected this user or password"
    # psycopg has no SQLSTATE of a connection that failed.
    if state == NO_SUCH_DATABASE or (not state and NO_SUCH_DATABASE_TEXT.search(text)):
        return "there is no such database on this server; create it with createdb"
    if state == NO_PERMISSION:
        return f"no permission: {text}; nothing was changed"
    if state == LOCKED:
        return (
            f"another session has held a lock on these tables for {LOCK_SECONDS} seconds: end it "
            "(see pg_stat_activity), or load again later; nothing was changed"
        )
    if _unreachable(cause, state):
        system = cause.__cause__ or cause.__context__
        if isinstance(system, OSError):  # pg8000 hides what the system said
            text = f"{system.strerror or system} (host {target.host or 'localhost'}, port {target.port or 5432})"
        return f"cannot connect, or the connection was lost: {text}"
    return f"{text}; nothing was changed"


def _unreachable(cause: BaseException, state: str) -> bool:
    kind, driver = type(cause).__name__, type(cause).__module__.partition(".")[0]
    without_state = kind == "InterfaceError" or (kind, driver) == ("OperationalError", "psycopg")
    lost = bool(LOST.match(state))
    return lost or isinstance(cause, OSError) or (not state and without_state)


def _state(cause: BaseException) -> tuple[str, str]:
    """Return SQLSTATE and message of a driver's error: pg8000 has a dict, psycopg attributes."""
    first = cause.args[0] if cause.args else ""
    if isinstance(first, dict):
        return str(first.get("C", "")), str(first.get("M", "")).splitlines()[0]
    text = str(cause).strip() or type(cause).__name__
    return str(getattr(cause, "sqlstate", "") or ""), text.splitlines()[0]
