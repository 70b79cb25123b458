"""A partner's event as outside input: judged without ever failing, and read once it has no fault."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.partners.partner_events import DEEPEST, PartnerFact, fact_of, faults
from tests.closing.partner import event

AT = datetime(2026, 9, 9, 4, 0, tzinfo=UTC)
GOOD = event("D1", 100_00, at=AT)

_text = st.text(st.characters(codec=None, exclude_categories=()), max_size=8)
_leaf = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), _text)
_json = st.recursive(
    _leaf,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_text, inner, max_size=3)),
    max_leaves=12,
)
_PATHS = [
    ("type",),
    ("id",),
    ("occurred_at",),
    ("data",),
    ("data", "donation_id"),
    ("data", "project_code"),
    ("data", "amount_minor"),
    ("data", "currency"),
    ("data", "paid_at"),
    ("data", "donor"),
    ("data", "donor", "key"),
    ("data", "donor", "name"),
    ("data", "remark"),
]


def _with(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    changed: dict[str, Any] = json.loads(json.dumps(GOOD))
    inner = changed
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return changed


def _judge(value: Any) -> None:
    """No faults: it can be read and stored as UTF-8 JSON. Faults: each has a reason."""
    faults_found = faults(value)
    if faults_found:
        assert all(faults_found.values())
        return
    fact = fact_of("plat", value)
    assert isinstance(fact, PartnerFact)
    assert fact.amount_minor > 0
    assert fact.occurred_at.utcoffset() is not None
    assert "\\u0000" not in json.dumps(value, allow_nan=False)
    assert json.dumps(value, ensure_ascii=False).encode()


@given(_json)
def test_any_json_is_judged(value: Any) -> None:
    _judge(value)


@given(st.sampled_from(_PATHS), _json)
def test_any_json_in_any_field_is_judged(path: tuple[str, ...], value: Any) -> None:
    _judge(_with(path, value))


@given(
    st.sampled_from(["type", "paid_at", "occurred_at"]),
    st.datetimes(),
    st.sampled_from(["Z", "+14:00", "-12:00", ""]),
)
def test_times_at_the_ends_of_the_calendar_are_judged(field: str, moment: datetime, offset: str) -> None:
    path = ("data", field) if field == "paid_at" else (field,)
    _judge(_with(path, moment.isoformat() + offset))


def test_a_good_event_is_read() -> None:
    assert faults(GOOD) == {}
    fact = fact_of("plat", GOOD)
    assert (fact.kind, fact.their_id, fact.amount_minor, fact.occurred_at) == ("paid", "D1", 100_00, AT)
    assert (fact.donor, fact.donor_name) == ("donor-of-D1", "某某")
    refund = event("D1", 40_00, at=AT, kind="refunded")
    assert faults(refund) == {}
    assert fact_of("plat", refund).donation_id == fact.donation_id != fact_of("other", GOOD).donation_id


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("type",), "donation.made"),
        (("id",), " "),
        (("id",), "x" * 201),
        (("occurred_at",), "noon"),
        (("data",), []),
        (("data", "donation_id"), 7),
        (("data", "amount_minor"), 0),
        (("data", "amount_minor"), True),
        (("data", "amount_minor"), 100.0),
        (("data", "amount_minor"), 10**14),
        (("data", "currency"), "cny"),
        (("data", "paid_at"), None),
        (("data", "donor"), "D"),
        (("data", "donor", "key"), ""),
        (("data", "donor", "name"), ["x"]),
        (("data", "donor", "name"), "x" * 201),
        (("data", "remark"), "a\x00b"),
        (("data", "remark"), "\ud800"),
        (("data", "remark"), float("inf")),
    ],
)
def test_a_fault_is_named_by_its_field(path: tuple[str, ...], value: Any) -> None:
    assert list(faults(_with(path, value))) == [".".join(path)]


def test_nesting_has_an_end() -> None:
    deep: Any = "x"
    for _ in range(DEEPEST - 2):
        deep = [deep]
    assert faults(_with(("data", "remark"), deep)) == {}
    for _ in range(900):
        deep = [deep]
    assert next(iter(faults(_with(("data", "remark"), deep)))).startswith("data.remark")
