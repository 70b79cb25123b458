"""What a database failure means for the sender of the request: try again later, and why."""

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from kernel.errors import Unavailable

UNAVAILABLE = Unavailable("database_unavailable")
BUSY = Unavailable("database_busy")
FULL = Unavailable("database_full")
READ_ONLY = Unavailable("database_read_only")

# By SQLSTATE (appendix A of PostgreSQL's manual), the longest prefix first.
_OUTAGES = {
    "53100": FULL,  # disk_full
    "25006": READ_ONLY,  # read_only_sql_transaction: a standby, or a server that is set to read-only
    "53": BUSY,  # insufficient resources: memory, connections
    "57014": BUSY,  # query_canceled: statement_timeout
    "55P03": BUSY,  # lock_not_available: lock_timeout
    "40": BUSY,  # deadlock, serialisation failure
    "25P": BUSY,  # idle_in_transaction_session_timeout and similar
    "57P": UNAVAILABLE,  # starting, stopping, recovering
    "58": UNAVAILABLE,  # its files cannot be read or written
    "08": UNAVAILABLE,
}


def outage_of(error: BaseException) -> Unavailable | None:
    """Return the refusal for a failure of the database; None when the statement itself is at fault."""
    if isinstance(error, PoolTimeout):
        return BUSY
    if not isinstance(error, DBAPIError):
        return None
    state = getattr(error.orig, "sqlstate", None)
    if state is None:
        return UNAVAILABLE if isinstance(error, OperationalError | InterfaceError) else None
    return next((refusal for prefix, refusal in _OUTAGES.items() if state.startswith(prefix)), None)


def strikes_all(error: BaseException) -> bool:
    """Return whether every other statement would fail too, so that repeating them one by one would only waste
    time."""
    state = getattr(getattr(error, "orig", None), "sqlstate", None) or ""
    return outage_of(error) is not None and not state.startswith("40")
