"""What a random day is made of: rules that make sense, donations, and which of them."""

from hypothesis import strategies as st

from tests.machine.plain_matching import Rules

# Pots that are shared by all, by a county, by two villages of two counties; and ring-fenced for one village.
SCOPES = {
    frozenset({0, 1, 2}): {},
    frozenset({0, 1}): {"under": ["4101"]},
    frozenset({1, 2}): None,
    frozenset({0}): {"under": ["41010101"], "levels": ["village"]},
}
CAPS = ("donation", "donor_day", "donor", "project", "county")
EXACT = (5_000, 10_000)  # a fen of match stands for whole fen of the donation
RISING = (3_333, 5_000, 8_000, 10_000, 15_000, 20_000)
amounts = st.one_of(st.sampled_from([1_00, 33_33, 50_00, 100_00]), st.integers(1_00, 150_00))
which = st.integers(0, 99)
villages = st.integers(0, 2)
commands = st.tuples(
    amounts, villages, st.sampled_from(["a", "b", "c", ""]), st.sampled_from([True, True, True, False])
)
Commands = list[tuple[int, int, str, bool]]
seconds = st.integers(0, 40 * 60)
goals = st.one_of(
    st.tuples(st.integers(1, 5), st.none()), st.tuples(st.none(), st.sampled_from([50_00, 150_00, 400_00]))
)


@st.composite
def rules(draw: st.DrawFn, ratios: tuple[int, ...] = EXACT) -> Rules:
    """Rules that make sense for any kind of pot (see `Rules.of`); caps from narrow to wide, so that none stands
    above a wider one."""
    wide = sorted(draw(st.lists(st.integers(5_00, 200_00), min_size=3, max_size=3)))
    set_ = draw(st.sets(st.sampled_from(CAPS)))
    of = {"donation": wide[0], "donor_day": wide[1], "donor": wide[2], "project": wide[1], "county": wide[2]}
    ratio = draw(st.sampled_from(ratios))
    donors, raised = draw(goals)
    return Rules(
        ratio_bps=ratio,
        projects=draw(st.sampled_from(list(SCOPES))),
        minimum=draw(st.sampled_from([0, 0, 2_00])),
        **{cap: of[cap] for cap in set_},
        least_bps=ratio * draw(st.sampled_from([0, 20, 90, 100])) // 100,
        donors=donors,
        raised=raised,
    )
