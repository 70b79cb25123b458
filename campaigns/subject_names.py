"""Names of what entries of the audit trail are about, for people who read them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlmodel import col, select

from campaigns.funds.models import Fund
from campaigns.lifecycle.models import Campaign
from campaigns.network.models import Manager, Organisation
from campaigns.projects.models import Project
from kernel.db import Tx
from matching.models import Pot


class Named(NamedTuple):
    """What a subject is called, and the key of its page, where it has one that is not its id."""

    name: str
    key: str


_BY_ID = {
    "fund": (Fund.id, Fund.name, Fund.id),
    "campaign": (Campaign.id, Campaign.name, Campaign.slug),
    "manager": (Manager.id, Manager.login, Manager.id),
    "organisation": (Organisation.code, Organisation.name, Organisation.code),
    "pot": (Pot.id, Pot.name, Pot.id),
    "project": (Project.id, Project.name, Project.id),
}

# Details of entries that name something by its id: their field -> the kind. A list of `projects` contains ids; as a
# single value it is how many there were.
_DETAILS = {
    "branch": "organisation",
    "branch_code": "organisation",
    "into": "organisation",
    "node": "organisation",
    "organisation": "organisation",
    "organisation_code": "organisation",
    "parent": "organisation",
    "project": "project",
    "to_project": "project",
    "under": "organisation",
    "fund": "fund",
    "to_fund": "fund",
}
_LISTED = {"projects": "project"}


def subject_names(tx: Tx, subjects: Iterable[str]) -> dict[str, Named]:
    """Return subject (`pot:7`) -> name, of those that have one, with one query per kind."""
    keys: dict[str, set[str]] = {}
    for subject in set(subjects):
        kind, _colon, key = subject.partition(":")
        if kind == "organisation" or (kind in _BY_ID and key.isascii() and key.isdigit() and len(key) < 19):
            keys.setdefault(kind, set()).add(key)
    names: dict[str, Named] = {}
    for kind, wanted in keys.items():
        id_, name, page = _BY_ID[kind]
        ids = wanted if kind == "organisation" else {int(key) for key in wanted}
        for row_id, label, page_key in tx.all(select(id_, name, page).where(col(id_).in_(ids))):
            names[f"{kind}:{row_id}"] = Named(label, str(page_key))
    return names


def named_details(tx: Tx, details: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the details of entries with the names of organisations, projects and funds before their ids."""
    names = subject_names(tx, (subject for detail in details for subject in _subjects_in("", detail)))
    return [{name: _named(name, value, names) for name, value in detail.items()} for detail in details]


def _subjects_in(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _subjects_in(key, part)
    elif isinstance(value, list):
        for part in value:
            yield from _subjects_in(_LISTED.get(name, name), part)
    elif name in _DETAILS:
        yield f"{_DETAILS[name]}:{value}"


def _named(name: str, value: Any, names: Mapping[str, Named]) -> Any:
    if isinstance(value, Mapping):
        return {key: _named(key, part, names) for key, part in value.items()}
    if isinstance(value, list):
        return [_named(_LISTED.get(name, name), part, names) for part in value]
    named = names.get(f"{_DETAILS.get(name)}:{value}")
    return f"{named.name} {value}" if named else value
