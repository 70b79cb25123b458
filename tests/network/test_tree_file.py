"""Reading the file of the network: every fault is named, and nothing but a refusal comes out."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from campaigns.network.tree_file import read, read_file
from kernel.errors import Fault, Invalid

HEADER = "code,name,level,parent_code\n"
SMALL = (
    HEADER
    + "41,洛阳市,city,\n4101,老城区,county,41\n410101,西关街道,township,4101\n41010101,夹马营社区,village,410101\n"
)
REAL = Path("campaigns/network/data/luoyang-network.csv")

_cell = st.one_of(st.sampled_from(["", "41", "4101", "city", "county", '"', "洛阳", "\x00", "\ud800"]), st.text())
_row = st.lists(_cell, max_size=5).map(",".join)


def faults(text: str) -> dict[str, Fault]:
    with pytest.raises(Invalid) as refused:
        read(text)
    assert refused.value.code == "import_invalid"
    return refused.value.fields


def test_the_real_tree_has_four_levels() -> None:
    nodes = read(REAL.read_text(encoding="utf-8"))
    levels = [node.level for node in nodes]
    assert [levels.count(level) for level in ("city", "county", "township", "village")] == [1, 15, 194, 3_244]
    assert {len(node.lineage) for node in nodes if node.level == "village"} == {4}


def test_lineage_lists_the_codes_from_the_city_to_the_node() -> None:
    assert read(SMALL)[3].lineage == ("41", "4101", "410101", "41010101")


def test_a_byte_order_mark_and_windows_line_ends_are_tolerated() -> None:
    assert read("\ufeff" + SMALL.replace("\n", "\r\n")) == read(SMALL)


def test_rows_and_columns_may_come_in_any_order() -> None:
    head, *rows = SMALL.strip().split("\n")
    swapped = [",".join(reversed(line.split(","))) for line in [head, *reversed(rows)]]
    assert {node[1:] for node in read("\n".join(swapped))} == {node[1:] for node in read(SMALL)}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "file"),
        ("\n", "file"),
        ("41,洛阳市,city,\n", "line 1"),
        ("code,name,level\n", "line 1"),
        (HEADER, "line 1"),
    ],
)
def test_a_file_without_header_or_rows_is_refused(text: str, place: str) -> None:
    assert list(faults(text)) == [place]


@pytest.mark.parametrize(
    ("row", "place", "code"),
    [
        ("410102,,township,4101", "line 6.name", "required"),
        ("410102,东关,town,4101", "line 6.level", "not_one_of"),
        ("410102,东关,village,4101", "line 6.parent_code", "parent_level"),
        ("4101,东关,county,41", "line 6.code", "repeated_line"),
        ("410102,东关,township", "line 6", "wrong_column_count"),
        ("410102,东关,township,", "line 6.parent_code", "parent_required"),
        ("42,东关,city,41", "line 6.parent_code", "parent_not_allowed"),
        ("41/02,东关,township,4101", "line 6.code", "code_format"),
        ('410102,"东关,township,4101', "line 6", "unreadable"),
        ("410102,东\x00关,township,4101", "line 6.name", "control_characters"),
        ("410102," + "关" * 101 + ",township,4101", "line 6.name", "too_long"),
        ("410102,东关,township,410102", "line 6.parent_code", "parent_level"),
    ],
)
def test_a_bad_row_is_named_with_its_fault(row: str, place: str, code: str) -> None:
    faults_found = faults(SMALL + row + "\n")
    assert {name: fault.code for name, fault in faults_found.items()} == {place: code}


def test_three_bad_rows_among_three_thousand_are_all_named_and_no_other() -> None:
    lines = REAL.read_text(encoding="utf-8").splitlines()
    lines[2] = lines[2].replace("county", "shire")  # with all that stands below it
    lines[300] = lines[300].rsplit(",", 1)[0]
    lines[3_000] = lines[3_000].rsplit(",", 1)[0] + ",4103"
    assert list(faults("\n".join(lines))) == ["line 3.level", "line 301", "line 3001.parent_code"]


def test_rows_below_a_faulty_one_are_left_out_and_a_superior_outside_the_file_is_left_to_the_tree() -> None:
    file = read_file(SMALL.replace("老城区,county", "老城区,shire") + "99010101,外村,village,990101\n")
    assert list(file.faults) == ["line 3.level"]
    assert [(node.code, node.lineage) for node in file.nodes] == [("41", ("41",)), ("99010101", ("99010101",))]


@given(st.lists(_row, max_size=8).map("\n".join), st.booleans())
@example('41,"a', True)
@example("41,a,county,41", True)
def test_whatever_the_file_holds_it_is_read_or_refused(text: str, with_header: bool) -> None:
    try:
        nodes = read(HEADER + text if with_header else text)
    except Invalid as refused:
        assert refused.code == "import_invalid"
        assert refused.fields
    else:
        codes = {node.code for node in nodes}
        assert len(codes) == len(nodes) > 0
        assert all(set(node.lineage) <= codes and node.lineage[-1] == node.code for node in nodes)
