"""The audit trail calls every field by its own name: never by that of a group that it is not of."""

import ast
from collections.abc import Iterator
from pathlib import Path

from app.i18n.audit_texts import field_label

ROOT = Path(__file__).parents[2]
CALLS = ("record_audit", "add_entry")


def recorded() -> Iterator[str]:
    """The names of the fields that use cases put into entries."""
    for path in sorted((ROOT / "campaigns").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in CALLS:
                yield from (word.arg for word in node.keywords if word.arg and word.arg not in ("before", "after"))
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") in ("detail", "counts"):
                yield from _keys(node.value)


def _keys(value: ast.expr) -> Iterator[str]:
    if isinstance(value, ast.Dict):
        yield from (key.value for key in value.keys if isinstance(key, ast.Constant) and isinstance(key.value, str))


def test_every_recorded_field_has_a_name() -> None:
    names = sorted({name for name in recorded() if not field_label(name)})
    assert names == [], "name them in app/i18n/audit_fields.py"


def test_a_field_without_a_name_is_called_by_its_code() -> None:
    assert field_label("vouchers") == "凭证"
    assert field_label("nothing_of_ours") == ""
    assert field_label("caps.donor_minor") == field_label("donor_minor") != ""
