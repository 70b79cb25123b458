"""Which worker takes which tests, and in which order: what takes long begins first, so that all end together."""

import pytest
from xdist.scheduler import LoadScopeScheduling

BROWSER = "tests/browser/"
# These need the site of all browser tests not at all, or another.
APART = ("test_roles.py", "test_closing_journey.py", "test_partner_journey.py")
LONGEST = (
    BROWSER,
    "tests/web/test_no_dead_buttons.py",
    "tests/bench_smoke/",
    "tests/machine/",
    "tests/privacy/test_no_traces.py",
    "tests/shared_pages/test_nginx.py",
    "tests/api/test_rights.py",
    "tests/attacks/test_machines.py",
    "tests/api/test_odd_requests.py",
    "tests/architecture/",
)


class Scheduling(LoadScopeScheduling):
    """A module at a time; the modules that share one site go to one worker, so that it starts once."""

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        shared = module.startswith(BROWSER) and not module.endswith(APART)
        return BROWSER if shared else module


def rank(item: pytest.Item) -> int:
    """The place of a test among all; those of one rank stay in the order of their files."""
    return next((place for place, begin in enumerate(LONGEST) if item.nodeid.startswith(begin)), len(LONGEST))
