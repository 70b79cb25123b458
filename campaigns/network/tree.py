"""Changes of the tree of organisations, one node at a time: add, rename, reopen."""

from typing import NamedTuple

from sqlmodel import col, func, select

from campaigns.audit import changed, record_audit
from campaigns.network.models import Organisation
from campaigns.network.organisations import find
from campaigns.network.tree_file import MOST_CODE, MOST_NAME, is_code
from kernel.db import Tx
from kernel.errors import Conflict, Fault, Invalid, fault
from kernel.text import clean_text, text_fault
from matching.rules import LEVELS


class Branchlet(NamedTuple):
    """A node in a list, and how many nodes are directly below it."""

    node: Organisation
    below: int


def add(tx: Tx, parent_code: str, code: str, name: str, actor: str) -> Organisation:
    """Add a node one level below another one. Its place never changes afterwards.

    Raises NotFound `organisation_unknown`, Invalid `organisation_invalid` with every wrong field.
    """
    parent = tx.get(Organisation, find(tx, parent_code).code, lock=True)
    assert parent is not None
    tx.lock_name(f"organisation:{code}")
    name = clean_text(name)
    faults = _name_faults(name)
    if not is_code(code):
        faults["code"] = fault("code_format", most=MOST_CODE)
    elif tx.get(Organisation, code) is not None:
        faults["code"] = fault("taken")
    if parent.level == LEVELS[-1]:
        faults["parent"] = fault("no_level_below")
    elif parent.closed_at is not None:
        faults["parent"] = fault("organisation_closed")
    if faults:
        raise Invalid("organisation_invalid", fields=faults)
    node = Organisation(
        code=code,
        name=name,
        level=LEVELS[LEVELS.index(parent.level) + 1],
        parent_code=parent.code,
        lineage=[*parent.lineage, code],
        created_at=tx.now,
    )
    tx.add(node)
    tx.session.flush()
    record_audit(tx, actor, "organisation.add", f"organisation:{code}", parent=parent_code, name=name)
    return node


def rename(tx: Tx, code: str, name: str, actor: str) -> Organisation:
    """Rename a node. Raises NotFound `organisation_unknown`, Invalid `organisation_invalid`."""
    node = lock_node(tx, code)
    name = clean_text(name)
    if faults := _name_faults(name):
        raise Invalid("organisation_invalid", fields=faults)
    if name != node.name:
        was = {"name": node.name}
        node.name = name
        record_audit(tx, actor, "organisation.rename", f"organisation:{code}", **changed(was, {"name": name}))
    return node


def reopen(tx: Tx, code: str, actor: str) -> Organisation:
    """Reopen a closed node. Idempotent. Raises NotFound `organisation_unknown`, Conflict `parent_closed` and
    `node_merged`."""
    node = lock_node(tx, code)
    if node.closed_at is None:
        return node
    if node.merged_into is not None:
        raise Conflict("node_merged", into=node.merged_into)
    if node.parent_code and find(tx, node.parent_code).closed_at is not None:
        raise Conflict("parent_closed")
    node.closed_at = None
    record_audit(tx, actor, "organisation.reopen", f"organisation:{code}")
    return node


def lock_node(tx: Tx, code: str) -> Organisation:
    """Lock a node and return it. Raises NotFound `organisation_unknown`."""
    node = tx.get(Organisation, find(tx, code).code, lock=True)
    assert node is not None
    return node


def below(tx: Tx, code: str) -> list[Branchlet]:
    """Return the nodes directly below a node, by code, with the number of nodes below each."""
    counts = (
        select(col(Organisation.parent_code), func.count())
        .where(col(Organisation.lineage).contains([code]))
        .group_by(col(Organisation.parent_code))
    )
    numbers = dict(tx.all(counts))
    nodes = tx.all(select(Organisation).where(Organisation.parent_code == code).order_by(Organisation.code))
    return [Branchlet(node, numbers.get(node.code, 0)) for node in nodes]


def _name_faults(name: str) -> dict[str, Fault]:
    refused = text_fault(name, MOST_NAME)
    return {"name": refused} if refused else {}
