"""What the fast check takes for plain has no fault; and it knows all that the interface describes."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from payments.partners.partner_events import faults
from payments.partners.plain_events import is_plain

NOW = datetime(2026, 9, 9, 9, tzinfo=UTC)
PAYMENT: dict[str, Any] = {
    "type": "donation.paid",
    "id": "paid-1",
    "occurred_at": "2026-09-09T08:59:00Z",
    "test": False,
    "data": {
        "donation_id": "T-1",
        "project_code": "V-1",
        "amount_minor": 100_00,
        "currency": "CNY",
        "paid_at": "2026-09-09T16:59:00+08:00",
        "donor": {"key": "u-1", "name": "张三"},
        "campaign": "hot",
        "team": "骑行队",
        "message": "加油",
        "anonymous": False,
        "consent": {"publish_name": True},
        "channel": {"kind": "livestream", "code": "主播甲"},
        "test": False,
    },
}
REFUND = PAYMENT | {
    "type": "donation.refunded",
    "data": {"donation_id": "T-1", "amount_minor": 0, "currency": "CNY"},
}
PATHS = [
    *((name,) for name in (*PAYMENT, "other")),
    *(("data", name) for name in (*PAYMENT["data"], "other")),
    *(("data", part, name) for part in ("donor", "consent", "channel") for name in (*PAYMENT["data"][part], "x")),
]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-5, 10**14)
    | st.floats()
    | st.text(max_size=5)
    | st.text(max_size=210)
    | st.sampled_from(
        [
            "",
            " ",
            "\x00",
            "\ud800",
            "a\nb",
            "\u202ea",
            "\u3000",
            "donation.paid",
            "CNY",
            "2026-09-09T09:04:59Z",
            "2026-09-09T09:05:01Z",
            "2026-09-09\x0009:00:00",
            "9999-12-31T23:59:59-10:00",
            "0001-01-01",
            "2026-02-30",
        ]
    )
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner), max_leaves=4
)


@pytest.mark.parametrize("event", [PAYMENT, REFUND, REFUND | {"type": "donation.refund_reversed"}])
def test_described_events_are_plain(event: dict[str, Any]) -> None:
    assert is_plain(event, NOW)
    assert faults(event, NOW) == {}


def test_the_least_is_plain() -> None:
    data = {name: PAYMENT["data"][name] for name in ("donation_id", "project_code", "amount_minor", "currency")}
    event = {name: PAYMENT[name] for name in ("type", "id", "occurred_at")}
    assert is_plain(event | {"data": data | {"paid_at": "2026-09-09", "donor": {"key": "u"}}}, NOW)


@pytest.mark.parametrize("path", [path for path in PATHS if path[-1] not in ("other", "x")])
def test_without_a_field_both_agree(path: tuple[str, ...]) -> None:
    event = deepcopy(PAYMENT)
    at: Any = event
    for name in path[:-1]:
        at = at[name]
    del at[path[-1]]
    assert is_plain(event, NOW) == (faults(event, NOW) == {})


@given(st.sampled_from([PAYMENT, REFUND]), st.sampled_from(PATHS), VALUES)
@example(PAYMENT, ("data", "amount_minor"), True)
@example(PAYMENT, ("data", "donor", "key"), "\ud83d")
@example(PAYMENT, ("data", "paid_at"), {"a": 1})
@example(REFUND, ("data", "amount_minor"), -1)
def test_plain_means_without_faults(event: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    changed = deepcopy(event)
    at: Any = changed
    for name in path[:-1]:
        at = at.setdefault(name, {})
    at[path[-1]] = value
    if is_plain(changed, NOW):
        assert faults(changed, NOW) == {}


def test_the_tolerance_of_the_clock_is_the_same() -> None:
    for seconds in (-1, 0, 1):
        late = (NOW + timedelta(minutes=5, seconds=seconds)).isoformat()
        event = PAYMENT | {"occurred_at": late}
        assert is_plain(event, NOW) == (faults(event, NOW) == {})


@pytest.mark.parametrize("event", [None, [], "x", {}, {"type": "ping"}, PAYMENT | {"data": None}])
def test_anything_else_is_left_to_the_full_check(event: Any) -> None:
    assert not is_plain(event, NOW)
