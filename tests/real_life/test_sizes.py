"""Files that are small and mean much work are refused or read within bounds of memory and time."""

import subprocess
import sys
from collections.abc import Callable

import pytest

from kernel.errors import Invalid
from kernel.tables import MOST_CELLS, MOST_LINES
from payments.bank_csv import read_bank_csv
from payments.camt import MOST_ELEMENTS, MOST_ENTRIES, read_camt
from tests.bank.files import camt, entry

# A process of its own: the peak of memory is that of its whole life.
PICTURE = """
import io, resource
from PIL import Image
from campaigns.projects.picture_file import rewrite
file = io.BytesIO()
Image.new("P", (8660, 5773), 1).save(file, "PNG", transparency=1)
small = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
rewrite(file.getvalue())
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - small) // 1024)
"""


def within(statement: bytes) -> bytes:
    return camt().replace(b"    </Stmt>", statement + b"</Stmt>")


@pytest.mark.parametrize(
    ("read", "data", "code", "most"),
    [
        (read_camt, within(b"<Ntry/>" * 500_000), "too_many_rows", MOST_ENTRIES),
        (read_camt, within(b"<Ntry>" + b"<a/>" * 800_000 + b"</Ntry>"), "too_many_values", MOST_ELEMENTS),
        (read_bank_csv, b"account,amount\n" + b"\n" * (4 << 20), "too_many_rows", MOST_LINES),
        (read_bank_csv, b"account,amount\n" + b"," * (MOST_CELLS + 1), "too_many_values", MOST_CELLS),
    ],
    ids=["entries", "elements", "lines", "cells"],
)
def test_a_file_of_too_many_parts_is_refused(
    read: Callable[[bytes], object], data: bytes, code: str, most: int
) -> None:
    with pytest.raises(Invalid) as refused:
        read(data)
    assert refused.value.code == "import_invalid"
    assert [(why.code, why.params["most"]) for why in refused.value.fields.values()] == [(code, most)]


def test_statements_of_a_file_have_their_own_entries() -> None:
    second = f"<Stmt><Id>S2</Id><Acct><Id><IBAN>X1</IBAN></Id></Acct>{entry('2.00', ref='B')}</Stmt>"
    file = read_camt(camt(entry("1.00", ref="A"), entry("x", ref="C"), more=second))
    assert [(line.account, line.line_id, line.amount_minor) for _, line in file.lines] == [
        ("41001234567", "A", 100),
        ("X1", "B", 200),
    ]
    assert [place.partition(".")[2] for place in file.faults] == ["Stmt[1]/Ntry[2]/Amt"]


def test_a_transparent_picture_of_50_megapixels_is_not_held_twice() -> None:
    done = subprocess.run([sys.executable, "-c", PICTURE], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 180, "MB: 50 of palette and 50 of the reduced picture; 200 is one whole copy"
