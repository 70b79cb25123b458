"""The audit trail calls every field by its own name: never by that of a group that it is not of."""

import ast
from collections.abc import Iterator
from pathlib import Path

from flask import Flask

from app.exports.kinds import KINDS
from app.i18n.audit.audit_fields import TABLES
from app.i18n.audit.audit_subjects import SUBJECTS
from app.i18n.audit.audit_texts import changes, field_label
from app.i18n.desk_labels import IMPORT_FORMATS
from campaigns.audit_trail import OF_BRANCH, OF_FEDERATION
from campaigns.goals.goals import NewGoal
from campaigns.lifecycle.host_contact import Contact
from campaigns.payouts.rules import CHANGEABLE
from campaigns.screening.thresholds import BOUNDS
from payments.partners.partners import LIMITS

ROOT = Path(__file__).parents[2]
CALLS = ("record_audit", "add_entry")


def recorded() -> Iterator[str]:
    """The names of the fields that use cases put into entries: named there, or in a dictionary that is."""
    for path in sorted((ROOT / "campaigns").rglob("*.py")):
        for function in ast.walk(ast.parse(path.read_text())):
            if isinstance(function, ast.FunctionDef):
                yield from (name for name in _recorded_by(function) if name not in ("before", "after"))


def _recorded_by(function: ast.FunctionDef) -> Iterator[str]:
    nodes = list(ast.walk(function))
    words = [
        word
        for node in nodes
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in CALLS
        for word in node.keywords
    ]
    spread = {getattr(word.value, "id", "") for word in words if word.arg is None} - {""}
    yield from (word.arg for word in words if word.arg)
    for node in nodes:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(node, ast.Assign | ast.AugAssign) and getattr(target, "id", "") in spread:
            yield from _keys(node.value)


def changed_fields() -> Iterator[str]:
    """The names of the fields whose values before and after are recorded (`changed`): keys of dictionaries that are
    written there or returned by a function of the file."""
    for path in sorted((ROOT / "campaigns").rglob("*.py")):
        nodes = ast.walk(ast.parse(path.read_text()))
        functions = {node.name: node for node in nodes if isinstance(node, ast.FunctionDef)}
        for function in functions.values():
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "changed":
                    for argument in call.args:
                        yield from _fields_of(argument, function, functions)


def _fields_of(value: ast.expr, function: ast.FunctionDef, functions: dict[str, ast.FunctionDef]) -> Iterator[str]:
    """The keys of an argument: a dictionary, a variable of the function, or the value of another function."""
    if isinstance(value, ast.Name):
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == value.id:
                yield from _fields_of(node.value, function, functions)
    elif isinstance(value, ast.Call) and (other := functions.get(getattr(value.func, "id", ""))):
        for node in ast.walk(other):
            if isinstance(node, ast.Return) and node.value is not None:
                yield from _fields_of(node.value, other, functions)
    elif isinstance(value, ast.Dict):
        yield from _keys(value)


def _keys(value: ast.expr) -> Iterator[str]:
    for part in ast.walk(value):
        if isinstance(part, ast.Dict):
            yield from (
                key.value for key in part.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)
            )


def test_every_recorded_field_has_a_name() -> None:
    declared = {*Contact._fields, *NewGoal._fields, *CHANGEABLE, *BOUNDS, *LIMITS, "position"}
    before_and_after = {*changed_fields(), *declared}
    assert {"budget_minor", "rating", "quantity"} <= before_and_after, "they are found"
    names = sorted({name for name in {*recorded(), *before_and_after} if not field_label(name)})
    assert names == [], "name them in app/i18n/audit/audit_fields.py"


def test_every_format_of_a_file_has_a_name() -> None:
    """Pages and the audit trail called the format of an imported file by its code."""
    layouts = {
        node.args[0].value
        for folder in ("campaigns", "payments")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Layout"
        if isinstance(node.args[0], ast.Constant)
    }
    assert layouts >= {"network", "bill", "camt.053"} and layouts == IMPORT_FORMATS.keys()


def test_a_field_without_a_name_is_called_by_its_code() -> None:
    assert field_label("vouchers") == "凭证"
    assert field_label("nothing_of_ours") == ""
    assert field_label("caps.donor_minor") == field_label("donor_minor") != ""


def test_a_text_that_only_resembles_a_time_is_shown_unchanged(app: Flask) -> None:
    with app.test_request_context():
        for typed in ("9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00", "2026-99-99T00:00:00Z"):
            assert [change.after for change in changes({"number": typed})] == [typed]


def test_a_field_that_names_people_shows_no_hash(app: Flask) -> None:
    with app.test_request_context():
        [change] = changes({"before": {"plan.address": ""}, "after": {"plan.address": "22e6db4cc73e"}})
    assert (change.before, change.after) == ("（空）", "（有，不记内容）")


def test_every_table_that_is_downloaded_has_its_name_in_words() -> None:
    assert {kind.name for kind in KINDS} | {"reconciliation.pdf"} == set(TABLES)


def test_every_kind_of_subject_has_its_name_in_words() -> None:
    assert {*OF_FEDERATION, *OF_BRANCH} <= SUBJECTS.keys()
