"""What the processes of `tests/forked.py` would each do again: import the product and the modules of the tests that
name what they do, and map classes to tables."""

import gc
from importlib import import_module

from sqlalchemy.orm import configure_mappers

NAMES = (
    "app.jobs.scheduler",
    "sandbox.server",
    "tests.api.repeat_victim",
    "tests.crash.test_kill_closing",
    "tests.crash.test_kill_correction",
    "tests.crash.test_kill_money_out",
    "tests.crash.victim",
    "tests.partners.test_day",
    "tests.partners.test_fetch_killed",
)

for name in NAMES:
    import_module(name)
configure_mappers()
gc.collect()
gc.freeze()
