"""`make audit` finds holes in locked packages, and never passes when it compared nothing."""

import json
import runpy
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / ".ci" / "audit.py"
NOW = datetime.now(UTC)
CONTROLS = {"jinja2": "2.10.1", "requests": "2.20.0", "urllib3": "1.24.2"}  # name -> what closed the old hole


def record(number: int, name: str, fixed: str | None, **other: Any) -> dict[str, Any]:
    events = [{"introduced": "0"}, *([{"fixed": fixed}] if fixed else [])]
    affected = {
        "package": {"ecosystem": "PyPI", "name": name},
        "ranges": [{"type": "ECOSYSTEM", "events": events}],
    }
    return {"id": f"PYSEC-{number}", "modified": NOW.isoformat(), "affected": [affected], **other}


def whole_list() -> list[dict[str, Any]]:
    """As large as a true one, with the holes that everybody knows."""
    fillers = [record(number, f"nobody-uses-{number}", "1.0") for number in range(1_000)]
    return fillers + [record(2_000 + index, *control) for index, control in enumerate(CONTROLS.items())]


def written(folder: Path, records: list[dict[str, Any]]) -> Path:
    folder.mkdir(exist_ok=True)
    for row in records:
        (folder / f"{row['id']}.json").write_text(json.dumps(row))
    return folder


main = runpy.run_path(str(PROGRAM))["main"]


def audit(place: Path | str, lock: Path) -> tuple[int, str, str]:
    with redirect_stdout(StringIO()) as output, redirect_stderr(StringIO()) as errors:
        code = main([str(place), str(lock)])
    return code, output.getvalue(), errors.getvalue()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "requirements.txt"
    path.write_text("flask==3.1.2 \\\n    --hash=sha256:0\nPillow[extra]==9.0.0 \\\n    --hash=sha256:1\n")
    return path


def test_packages_without_a_hole_pass_and_say_with_what_they_were_compared(tmp_path: Path, lock: Path) -> None:
    code, output, _ = audit(written(tmp_path / "list", whole_list()), lock)
    assert (code, output.split(" up to")[0]) == (0, "2 packages compared with 1003 advisories")


@pytest.mark.parametrize(
    ("hole", "affected"),
    [
        (record(1, "pillow", "9.0.1"), True),
        (record(1, "pillow", "9.0.0"), False),
        (record(1, "pillow", None), True),
        (record(1, "pillow", "10.0", withdrawn="2026-01-01T00:00:00Z"), False),
        (record(1, "pillow", None, affected=[{"package": {"ecosystem": "npm", "name": "pillow"}}]), False),
        (
            record(
                1,
                "x",
                None,
                affected=[{"package": {"ecosystem": "PyPI", "name": "Pillow"}, "versions": ["9.0.0"]}],
            ),
            True,
        ),
    ],
)
def test_a_hole_is_found_by_its_range_or_version(
    tmp_path: Path, lock: Path, hole: dict[str, Any], affected: bool
) -> None:
    code, output, _ = audit(written(tmp_path / "list", [*whole_list(), hole]), lock)
    assert (code, "pillow 9.0.0: PYSEC-1" in output) == ((1, True) if affected else (0, False))


def test_a_zip_of_yaml_records_is_read(tmp_path: Path, lock: Path) -> None:
    with ZipFile(tmp_path / "all.zip", "w") as archive:
        for row in [*whole_list(), record(1, "flask", None)]:
            archive.writestr(f"vulns/{row['id']}.yaml", yaml.dump(row))
    code, output, _ = audit(tmp_path / "all.zip", lock)
    assert (code, "flask 3.1.2: PYSEC-1" in output) == (1, True)


@pytest.mark.parametrize("broken", ["missing", "empty", "small", "old", "without controls", "no zip", "unreadable"])
def test_an_unusable_list_of_advisories_never_passes(tmp_path: Path, lock: Path, broken: str) -> None:
    rows = whole_list()
    old = (NOW - timedelta(days=40)).isoformat()
    lists: dict[str, list[dict[str, Any]]] = {
        "empty": [],
        "small": rows[-900:],
        "old": [{**row, "modified": old} for row in rows],
        "without controls": [record(number, "nobody-uses-it", "1.0") for number in range(1_100)],
    }
    place = tmp_path / "list"
    if broken in lists:
        written(place, lists[broken])
    elif broken == "no zip":
        place.write_text("no zip")
    elif broken == "unreadable":
        written(place, rows)
        (place / "broken.json").write_text("{")
    code, output, why = audit(place, lock)
    assert (code, output) == (2, "")
    assert why.startswith("NOT CHECKED: ")


def test_without_a_list_or_a_lock_it_says_so_and_fails(tmp_path: Path) -> None:
    assert audit("", tmp_path / "x")[0] == 2
    empty = tmp_path / "requirements.txt"
    empty.write_text("# nothing\n")
    assert audit(written(tmp_path / "list", whole_list()), empty)[0] == 2


def test_make_audit_fails_loudly_without_a_list() -> None:
    done = subprocess.run(["make", "-n", "audit"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ".ci/audit.py" in done.stdout and "|| true" not in done.stdout
    program = subprocess.run(
        [sys.executable, str(PROGRAM), ""], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (program.returncode, program.stdout) == (2, "") and program.stderr.startswith("NOT CHECKED: ")
