"""The id of the current request, in logs and problem documents."""

import re
from uuid import uuid4

from flask import g

# The environ key that marks an internal request which builds a shared page; its value is a set of notes on it.
# Only the visitor's request is recorded.
MAKING = "beishan.making"
TOO_LATE = "too_late"  # noted there: the page is not built, but refused

# The environ key of a visitor's request for a shared page; its value says whether the page was built for them.
SHARED_PAGE = "beishan.shared_page"
KEPT, BUILT = "kept", "built"

_WELL_FORMED = re.compile(r"[A-Za-z0-9._:-]{1,64}")


def request_id() -> str:
    """Return the id of the current request; empty before it has one."""
    return str(g.get("request_id", ""))


def accepted_id(offered: str) -> str:
    """Return the caller's request id if it is well-formed, else a new one."""
    return offered if offered and _WELL_FORMED.fullmatch(offered) else uuid4().hex
