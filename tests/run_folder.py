"""A folder that all processes of one run of the tests share, for what only one of them need make."""

import os
import shutil
import tempfile
from pathlib import Path

NAME = "TESTS_RUN_DIR"  # the workers of a run inherit it
PYTEST_ROOT = "PYTEST_DEBUG_TEMPROOT"  # where pytest makes the folders of its tests


def share() -> Path | None:
    """Make the folder of this run. Return it for `unshare`; None if the run has one already."""
    if NAME in os.environ:
        return None
    # Not below pytest's own folder: that is closed to the system user that runs PostgreSQL for root.
    folder = Path(tempfile.mkdtemp(prefix="beishan-run-"))
    folder.chmod(0o755)
    os.environ[NAME] = str(folder)
    # The root that all runs of a user share is closed anew whenever one begins: servers of another system user that
    # start in a test's folder at that moment are refused.
    os.environ.setdefault(PYTEST_ROOT, str(folder))
    return folder


def unshare(folder: Path) -> None:
    """End what `share` began."""
    os.environ.pop(NAME, None)
    if os.environ.get(PYTEST_ROOT) == str(folder):
        del os.environ[PYTEST_ROOT]
    shutil.rmtree(folder, ignore_errors=True)


def shared(name: str) -> Path | None:
    """A folder in that of this run; None outside of a run."""
    if NAME not in os.environ:
        return None
    folder = Path(os.environ[NAME]) / name
    folder.mkdir(exist_ok=True)
    return folder
