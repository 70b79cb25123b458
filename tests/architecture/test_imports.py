"""The contracts on imports find what they are for: in a copy of the house, each is broken once."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = (
    "app",
    "campaigns",
    "matching",
    "payments",
    "ledger",
    "kernel",
    "sandbox",
    "embedded",
    "migrations",
    "settings",
)

# contract (as .importlinter names it) -> (file, the import that breaks it)
BREACHES = {
    "rooms": ("matching/rules.py", "import payments.inbox.inbox"),
    "campaigns": ("campaigns/network/roles.py", "import campaigns.closing.report"),
    "sandbox": ("sandbox/events.py", "import kernel.money"),
    "stand_in": ("payments/inbox/inbox.py", "import sandbox.events"),
    "http": ("campaigns/closing/disburse.py", "import flask"),
    "network": ("ledger/check.py", "import urllib.request"),
    "stripe": ("campaigns/donations/open_payment.py", "import stripe"),
    "books": ("matching/capture.py", "import ledger.models"),
    "settings": ("app/current.py", "import settings.site"),
    "acyclic": ("campaigns/screening/subject.py", "import campaigns.screening.context"),
    "pure": ("matching/allocate.py", "import sqlalchemy"),
}

# package without circles -> (file, the import that closes one)
CIRCLES = {
    "campaigns.closing": ("campaigns/closing/models.py", "import campaigns.closing.close"),
    "campaigns.donations": ("campaigns/donations/states.py", "import campaigns.donations.create"),
    "campaigns.intake": ("campaigns/intake/offline_file.py", "import campaigns.intake.offline_import"),
    "campaigns.screening": ("campaigns/screening/subject.py", "import campaigns.screening.context"),
    "matching": ("matching/allocate.py", "import matching.reserve"),
    "payments": ("payments/gateway.py", "import payments.stripe"),
    "ledger": ("ledger/chart.py", "import ledger.post"),
    "kernel": ("kernel/clock.py", "import kernel.db"),
    "settings": ("settings/process.py", "import settings.site"),
}


def lint(folder: Path) -> str:
    """The linter's report on the house in a folder."""
    program = Path(sys.executable).with_name("lint-imports")
    outcome = subprocess.run([program, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)
    # The name of a contract may be wrapped.
    return re.sub(r"\s+", " ", outcome.stdout + outcome.stderr)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    for room in ROOMS:
        shutil.copytree(
            ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__", "static", "data")
        )
    (tmp_path / "campaigns/network/data").mkdir()
    shutil.copy(ROOT / ".importlinter", tmp_path)
    return tmp_path


def names() -> dict[str, str]:
    text = (ROOT / ".importlinter").read_text()
    return dict(re.findall(r"\[importlinter:contract:(\w+)\]\nname = (.+)", text))


def test_every_contract_is_kept(house: Path) -> None:
    assert f"Contracts: {len(names())} kept, 0 broken." in lint(house)


def test_every_contract_can_be_broken(house: Path) -> None:
    assert set(BREACHES) == set(names())
    _add(house, BREACHES)
    outcome = lint(house)
    for name in names().values():
        assert f"{name} BROKEN" in outcome, name


def test_a_circle_is_seen_in_every_package(house: Path) -> None:
    _add(house, CIRCLES)
    outcome = lint(house)
    for package in CIRCLES:
        assert f"No cycles are allowed in {package}." in outcome, package


def _add(house: Path, breaches: dict[str, tuple[str, str]]) -> None:
    """Append each import to its file."""
    for file, line in breaches.values():
        path = house / file
        path.write_text(path.read_text() + f"\n{line}\n")
