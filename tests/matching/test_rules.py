"""Rules come from outside: what makes sense is read, everything else is refused with a reason a field."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import Fault, Invalid
from matching.rules import CAPS, LEVELS, TIERS, Caps, Rules, Scope, faults, parse
from tests.matching.offers import HERE

json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just(10_000)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=8,
)
shaped = st.fixed_dictionaries(
    {},
    optional={
        "ratio_bps": json,
        "minimum_minor": json,
        "scope": json
        | st.fixed_dictionaries(
            {}, optional=dict.fromkeys(["levels", "tiers", "under", "projects", "minimum_rating"], json)
        ),
        "caps": json | st.fixed_dictionaries({}, optional=dict.fromkeys(CAPS, json)),
        "more": json,
    },
)
GOOD: dict[str, Any] = {
    "ratio_bps": 10_000,
    "scope": {
        "levels": ["village"],
        "tiers": ["micro"],
        "under": ["4101"],
        "projects": [1, 2],
        "minimum_rating": 3,
    },
    "minimum_minor": 100,
    "caps": {
        "donation_minor": 100,
        "donor_day_minor": 200,
        "donor_minor": 300,
        "project_minor": 400,
        "county_minor": 500,
    },
}


@given(json | shaped)
def test_any_json_is_rules_or_a_refusal_that_names_fields(data: Any) -> None:
    try:
        rules = parse(data)
    except Invalid as refused:
        assert refused.code == "rules_invalid"
        assert refused.fields
        assert all(fault.code for fault in refused.fields.values())
        return
    assert faults(rules) == {}
    assert parse(rules.as_json()) == rules


@given(
    st.builds(
        Rules,
        ratio_bps=st.integers(1, 100_000),
        scope=st.builds(
            Scope,
            levels=st.lists(st.sampled_from(LEVELS), unique=True).map(tuple),
            tiers=st.lists(st.sampled_from(TIERS), unique=True).map(tuple),
            under=st.lists(st.sampled_from(["41", "4101"]), unique=True).map(tuple),
            projects=st.lists(st.integers(1, 2**63 - 1), unique=True, max_size=3).map(tuple),
            minimum_rating=st.integers(0, 5),
        ),
        minimum_minor=st.integers(0, 10_000),
        caps=st.lists(st.integers(100_000, 200_000), min_size=5, max_size=5).map(lambda each: Caps(*sorted(each))),
    )
)
def test_stored_rules_are_parsed_back_unchanged(rules: Rules) -> None:
    assert parse(rules.as_json()) == rules


def test_good_rules_are_read_in_full() -> None:
    assert parse(GOOD).as_json() == GOOD
    assert parse({"ratio_bps": 1}) == Rules(1)
    assert parse({"ratio_bps": 1, "scope": None, "caps": None, "minimum_minor": None}) == Rules(1)


def _wrong(data: Any) -> dict[str, Fault]:
    with pytest.raises(Invalid) as refused:
        parse(data)
    return refused.value.fields


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"ratio_bps": 0}, "ratio_bps"),
        ({"ratio_bps": -1}, "ratio_bps"),
        ({"ratio_bps": 100_001}, "ratio_bps"),
        ({"ratio_bps": True}, "ratio_bps"),
        ({"ratio_bps": 10_000.0}, "ratio_bps"),
        ({"ratio_bps": "10000"}, "ratio_bps"),
        ({"minimum_minor": -1}, "minimum_minor"),
        ({"minimum_minor": 10**14}, "minimum_minor"),
        ({"ratio": 1}, "ratio"),
        ({"scope": []}, "scope"),
        ({"scope": {"levels": ["hamlet"]}}, "scope.levels"),
        ({"scope": {"levels": "village"}}, "scope.levels"),
        ({"scope": {"levels": [{}]}}, "scope.levels"),
        ({"scope": {"tiers": ["micro", "macro"]}}, "scope.tiers"),
        ({"scope": {"under": [41]}}, "scope.under"),
        ({"scope": {"under": ["41\x00"]}}, "scope.under"),
        ({"scope": {"under": [""]}}, "scope.under"),
        ({"scope": {"projects": ["1"]}}, "scope.projects"),
        ({"scope": {"projects": [2**63]}}, "scope.projects"),
        ({"scope": {"projects": [0]}}, "scope.projects"),
        ({"scope": {"minimum_rating": 6}}, "scope.minimum_rating"),
        ({"scope": {"minimum_rating": -1}}, "scope.minimum_rating"),
        ({"scope": {"counties": ["4101"]}}, "scope.counties"),
        ({"caps": 5}, "caps"),
        ({"caps": {"donation_minor": 0}}, "caps.donation_minor"),
        ({"caps": {"donor_minor": -5}}, "caps.donor_minor"),
        ({"caps": {"county_minor": 10**14}}, "caps.county_minor"),
        ({"caps": {"day_minor": 5}}, "caps.day_minor"),
    ],
)
def test_a_senseless_part_is_named(change: dict[str, Any], field: str) -> None:
    assert list(_wrong({"ratio_bps": 10_000} | change)) == [field]


def test_every_senseless_part_is_named_at_once() -> None:
    refusal = _wrong(
        {"scope": {"levels": ["x"], "tiers": ["y"]}, "caps": {"donation_minor": 0}, "minimum_minor": -1}
    )
    assert set(refusal) == {"ratio_bps", "scope.levels", "scope.tiers", "caps.donation_minor", "minimum_minor"}


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ("donation_minor", "donor_day_minor"),
        ("donation_minor", "donor_minor"),
        ("donor_day_minor", "donor_minor"),
        ("donation_minor", "project_minor"),
        ("donation_minor", "county_minor"),
        ("project_minor", "county_minor"),
    ],
)
def test_a_cap_above_a_wider_one_could_never_be_reached(narrow: str, wide: str) -> None:
    assert list(_wrong({"ratio_bps": 1, "caps": {narrow: 11, wide: 10}})) == [f"caps.{narrow}"]
    assert parse({"ratio_bps": 1, "caps": {narrow: 10, wide: 10}}).caps


def test_a_donor_may_give_to_many_projects() -> None:
    assert parse({"ratio_bps": 1, "caps": {"donor_day_minor": 500, "project_minor": 100}}).caps


@pytest.mark.parametrize("cap", CAPS)
def test_a_cap_below_the_match_of_the_smallest_gift_is_refused(cap: str) -> None:
    for ratio, least in ((10_000, 1_000), (20_000, 2_000), (5_000, 500)):
        rules = {"ratio_bps": ratio, "minimum_minor": 1_000}
        assert list(_wrong(rules | {"caps": {cap: least - 1}})) == [f"caps.{cap}"]
        assert parse(rules | {"caps": {cap: least}}).minimum_minor == 1_000


@pytest.mark.parametrize(
    ("scope", "because"),
    [
        (Scope(), None),
        (Scope(("village",), ("micro",), ("4101",), (1,), 3), None),
        (Scope(under=("41",)), None),
        (Scope(under=("4102", "41010101")), None),
        (Scope(levels=("city", "county")), "levels"),
        (Scope(tiers=("brand",)), "tiers"),
        (Scope(under=("4102",)), "under"),
        (Scope(projects=(2, 3)), "projects"),
        (Scope(minimum_rating=4), "minimum_rating"),
    ],
)
def test_a_scope_says_why_a_project_is_outside(scope: Scope, because: str | None) -> None:
    assert scope.excludes(HERE) == because
