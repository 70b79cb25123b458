"""The table of people to invite: a malformed one is refused with line and column."""

from collections.abc import Mapping

import pytest

from campaigns.network.invite_file import read_guests
from kernel.errors import Fault, Invalid
from tests.world import World

HEAD = "姓名,角色,机构代码\n"
GUEST = "王芳,liaison,4101\n"
ROLES = {"liaison": "liaison", "村联络员": "liaison"}


def faults(world: World, data: bytes) -> Mapping[str, Fault]:
    try:
        listed: Mapping[str, Fault] = world.do(read_guests, data, ROLES, None).faults
    except Invalid as refusal:
        assert refusal.code == "import_invalid"
        return refusal.fields
    return listed


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_whole_table_is_read_in_the_encodings_in_use(world: World, encoding: str) -> None:
    assert not faults(world, (HEAD + GUEST).encode(encoding))


@pytest.mark.parametrize(
    ("data", "place", "code"),
    [
        (b"", "file", "no_rows"),
        (b" \r\n\r\n", "file", "no_rows"),
        (HEAD.encode(), "line 1", "no_rows"),
        (GUEST.encode(), "line 1", "missing_columns"),
        ((HEAD + GUEST).encode() + b"\xe9\xff\x81,liaison,4101\n", "line 3", "unreadable_encoding"),
        ((HEAD + "王\0芳,liaison,4101\n").encode(), "line 2", "unreadable_encoding"),
        ((HEAD + GUEST).encode()[:-8], "line 2", "wrong_column_count"),
        ((HEAD + "王芳").encode()[:-1], "line 2", "unreadable_encoding"),
        ((HEAD + GUEST + '"李强,liaison,4101\n').encode(), "line 3", "unreadable"),
        ((HEAD + GUEST + GUEST).encode(), "line 3.name", "repeated_line"),
        ((HEAD + "王芳,liaison,4101,1,2\n").encode(), "line 2", "wrong_column_count"),
        ((HEAD + "王芳,liaison,4.101E+15\n").encode(), "line 2.branch", "spreadsheet_number"),
        ((HEAD + f"王芳,liaison,{'9' * 400}\n").encode(), "line 2.branch", "unknown_organisation"),
        ((HEAD + "王芳,=1+1,4101\n").encode(), "line 2.role", "not_one_of"),
        ((HEAD + "王芳,admin,4101\n").encode(), "line 2.role", "not_one_of"),
        ((HEAD + "王\u202e芳,liaison,4101\n").encode(), "line 2.name", "direction_controls"),
        ((HEAD + '"王\n芳",liaison,4101\n').encode(), "line 2.name", "control_characters"),
        ((HEAD + f"{'王' * 400},liaison,4101\n").encode(), "line 2.name", "too_long"),
        (b"PK\x03\x04" + bytes(50), "file", "workbook"),
        (b"%PDF-1.4\n", "file", "not_a_table"),
        ((HEAD + GUEST * 4_001).encode(), "file", "too_many_rows"),
    ],
)
def test_a_malformed_table_names_line_and_column(world: World, data: bytes, place: str, code: str) -> None:
    listed = faults(world, data)
    assert {place: code}.items() <= {name: why.code for name, why in listed.items()}.items(), listed


def test_a_closed_node_is_named_by_its_line(world: World) -> None:
    world.do(lambda tx: tx.run("UPDATE organisation SET closed_at = now() WHERE code = '4102'"))
    named = faults(world, (HEAD + GUEST + "李强,liaison,4102\n").encode())
    assert {place: why.code for place, why in named.items()} == {"line 3.branch": "organisation_closed"}
