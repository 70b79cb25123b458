"""What a random day is made of: rules that make sense, gifts, and which of them."""

from hypothesis import strategies as st

from tests.machine.plain import Rules

SCOPES = {frozenset({0, 1, 2}): {}, frozenset({0, 1}): {"under": ["4101"]}, frozenset({1, 2}): None}
CAPS = ("donation", "donor_day", "donor", "project", "county")
amounts = st.one_of(st.sampled_from([1_00, 33_33, 50_00, 100_00]), st.integers(1_00, 150_00))
which = st.integers(0, 99)
wishes = st.tuples(
    amounts, st.integers(0, 2), st.sampled_from(["a", "b", "c", ""]), st.sampled_from([True, True, True, False])
)
Wishes = list[tuple[int, int, str, bool]]
seconds = st.integers(0, 40 * 60)


@st.composite
def rules(draw: st.DrawFn, ratios: tuple[int, ...] = (5_000, 10_000)) -> Rules:
    """Rules that make sense; caps from narrow to wide, so that none stands above a wider one."""
    wide = sorted(draw(st.lists(st.integers(5_00, 200_00), min_size=3, max_size=3)))
    set_ = draw(st.sets(st.sampled_from(CAPS), max_size=3))
    of = {"donation": wide[0], "donor_day": wide[1], "donor": wide[2], "project": wide[1], "county": wide[2]}
    return Rules(
        ratio_bps=draw(st.sampled_from(ratios)),
        projects=draw(st.sampled_from(list(SCOPES))),
        minimum=draw(st.sampled_from([0, 0, 2_00])),
        **{cap: of[cap] for cap in set_},
    )
