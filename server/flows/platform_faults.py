"""Faults inside the platform: is the database away, or was it given what it cannot take; the cause in words."""

import traceback
from pathlib import Path

import psycopg
from psycopg import errors

_OF_THE_DATA = (errors.ProgramLimitExceeded, errors.StatementTooComplex, errors.TooManyColumns)
_AWAY = (psycopg.OperationalError, psycopg.InterfaceError, errors.ReadOnlySqlTransaction)


def is_database_away(fault: Exception) -> bool:
    """Whether the database, not what it was given, is at fault: wait for it and try again.

    Class 54 of SQLSTATE (a limit of the program was exceeded) is about the data, although psycopg calls it operational.
    """
    return isinstance(fault, _AWAY) and not isinstance(fault, _OF_THE_DATA)


def reason_of(fault: Exception) -> str:
    """The cause of a platform fault and where it arose, without row contents: logs hold no personal data."""
    said = fault.diag.message_primary if isinstance(fault, psycopg.Error) else str(fault)
    places = traceback.extract_tb(fault.__traceback__)
    where = f" ({Path(places[-1].filename).name}:{places[-1].lineno})" if places else ""
    return f"{type(fault).__name__}: {said or fault}{where}"[:300]
