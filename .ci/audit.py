"""Compare the locked dependencies with a list of published advisories (OSV records, as JSON or YAML).

    python .ci/audit.py ADVISORIES [requirements.txt]

ADVISORIES is a folder or a zip file of records. Exit code 0: all were compared and none is affected; 1: some are;
2: they could not be compared. A list that is missing, small or old, or that does not know holes that everybody
knows, is no list: silence of a source is never taken for safety (docs/adr/0020-audit-of-dependencies.md).
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import yaml
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

LEAST_RECORDS = 1_000
OLDEST_NEWS = timedelta(days=30)
# Holes that every list has: it must find them, or it finds nothing.
CONTROLS = {"jinja2": "2.10", "requests": "2.19.1", "urllib3": "1.24.1"}
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)


class NotChecked(Exception):
    """Why nothing can be said about the dependencies."""


def locked(text: str) -> dict[str, str]:
    """Return the packages of a lock file with their versions. Raises NotChecked if there are none."""
    packages = {str(canonicalize_name(name)): version for name, version in _PINNED.findall(text)}
    if not packages:
        raise NotChecked("the lock file names no package")
    return packages


def read_records(place: Path) -> list[dict[str, Any]]:
    """Return the records of PyPI of a folder or zip file that were not withdrawn. Raises NotChecked."""
    if not place.exists():
        raise NotChecked(f"there are no advisories at {place}")
    try:
        records = [record for name, text in _files(place) if (record := _record(name, text))]
    except (BadZipFile, ValueError, yaml.YAMLError) as error:
        raise NotChecked(f"the advisories cannot be read: {type(error).__name__}") from error
    if len(records) < LEAST_RECORDS:
        raise NotChecked(f"{len(records)} advisories are no whole list (at least {LEAST_RECORDS})")
    return records


def _files(place: Path) -> Iterator[tuple[str, bytes]]:
    if place.is_dir():
        for path in place.rglob("*"):
            if path.suffix in (".json", ".yaml"):
                yield path.name, path.read_bytes()
        return
    with ZipFile(place) as archive:
        for name in archive.namelist():
            if name.endswith((".json", ".yaml")):
                yield name, archive.read(name)


def _record(name: str, text: bytes) -> dict[str, Any] | None:
    record = json.loads(text) if name.endswith(".json") else yaml.load(text, yaml.CSafeLoader)
    if not isinstance(record, dict) or "affected" not in record or record.get("withdrawn"):
        return None
    return record


def require_fresh(records: Sequence[Mapping[str, Any]], now: datetime) -> datetime:
    """Return when the newest record was changed. Raises NotChecked when that is long ago."""
    newest = max(_moment(record.get("modified")) for record in records)
    if now - newest > OLDEST_NEWS:
        raise NotChecked(f"the newest advisory is of {newest:%Y-%m-%d}: the list is too old")
    return newest


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)


def holes(records: Sequence[Mapping[str, Any]], packages: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the advisories that affect packages at their versions: name -> ids."""
    affected: dict[str, set[str]] = {}
    for record in records:
        for part in record["affected"]:
            package = part.get("package", {})
            name = str(canonicalize_name(str(package.get("name", ""))))
            if package.get("ecosystem") == "PyPI" and name in packages and _affects(part, packages[name]):
                affected.setdefault(name, set()).add(str(record["id"]))
    return {name: sorted(ids) for name, ids in sorted(affected.items())}


def _affects(part: Mapping[str, Any], version: str) -> bool:
    if version in map(str, part.get("versions", ())):
        return True
    return any(
        _within(events["events"], Version(version))
        for events in part.get("ranges", ())
        if events.get("type") == "ECOSYSTEM"
    )


def _within(events: Sequence[Mapping[str, Any]], version: Version) -> bool:
    """Whether a version lies in a range: behind what introduced the hole, and not behind what closed it."""
    inside = False
    for event in sorted(events, key=_version_of):
        at = _version_of(event)
        if "introduced" in event and at <= version:
            inside = True
        elif ("fixed" in event and at <= version) or ("last_affected" in event and at < version):
            inside = False
    return inside


def _version_of(event: Mapping[str, Any]) -> Version:
    text = str(next(iter(event.values())))
    try:
        return Version(text)
    except InvalidVersion:
        return Version("0")


def audit(place: Path, lock: Path, now: datetime) -> int:
    """Print what was found; return the exit code."""
    try:
        packages, records = locked(lock.read_text()), read_records(place)
        newest = require_fresh(records, now)
        unknown = set(CONTROLS) - set(holes(records, CONTROLS))
        if unknown:
            raise NotChecked(f"the list does not know the old holes of {', '.join(sorted(unknown))}")
    except NotChecked as reason:
        print(f"NOT CHECKED: {reason}", file=sys.stderr)
        return 2
    affected = holes(records, packages)
    for name, ids in affected.items():
        print(f"{name} {packages[name]}: {', '.join(ids)}")
    print(f"{len(packages)} packages compared with {len(records)} advisories up to {newest:%Y-%m-%d}")
    return 1 if affected else 0


def main(arguments: Sequence[str]) -> int:
    if not arguments or not arguments[0]:
        print("NOT CHECKED: say where the advisories are: make audit ADVISORIES=PATH", file=sys.stderr)
        return 2
    lock = Path(arguments[1] if len(arguments) > 1 else "requirements.txt")
    return audit(Path(arguments[0]), lock, datetime.now(UTC))


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
