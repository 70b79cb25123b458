"""Which worker takes which tests, and in which order: what takes long begins first, so that all end together."""

from contextlib import suppress
from importlib import import_module
from pathlib import Path

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


def import_in_turn(config: pytest.Config) -> None:
    """Import all tests, each worker beginning elsewhere. In a new clone none is compiled yet, and to compile them
    takes longer than all else that collecting does: so each finds what the others compiled."""
    worker = getattr(config, "workerinput", None)
    if worker is None or config.args_source != pytest.Config.ArgsSource.TESTPATHS:
        return
    files = sorted(path for path in Path("tests").rglob("test_*.py") if path.with_name("__init__.py").exists())
    start = int(worker["workerid"].removeprefix("gw")) * len(files) // worker["workercount"]
    for path in files[start:] + files[:start]:
        with suppress(Exception):  # collecting them says what is wrong
            import_module(".".join(path.with_suffix("").parts))
