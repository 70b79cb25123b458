"""Files that are small and mean much work are refused or read within bounds of memory and time."""

import gzip
import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from PIL import Image

from kernel.errors import Invalid
from kernel.tables import MOST_CELLS, MOST_LINES
from payments.bank.bank_csv import read_bank_csv
from payments.bank.camt import MOST_ENTRIES, read_camt
from payments.bank.xml_file import MOST_ELEMENTS
from tests.bank.files import camt, entry
from tests.kernel.test_workbook import packed, part, sheet

# Each file is read in a process of its own, which gets no more memory than this beside what it has when it begins.
MOST_MB = 400
READ = """
import resource, sys
from campaigns.projects.picture_file import rewrite
from kernel.errors import Invalid
from kernel.tables import Column, Layout, read_table
from payments.bills.bill_files import unpack

held = int(open("/proc/self/status").read().split("VmData:")[1].split()[0]) << 10
most = held + (int(sys.argv[1]) << 20)
resource.setrlimit(resource.RLIMIT_DATA, (most, most))
layout = Layout("bill", (Column("line_id", ("line_id",)), Column("amount", ("amount",))))
for path in sys.argv[2:]:
    data = open(path, "rb").read()
    try:
        rewrite(data) if path.endswith("picture") else read_table(unpack(data).lines, [layout])
        print("read")
    except Invalid as refused:
        print(next(iter(refused.fields.values())).code)
"""


def codes(tmp_path: Path, **files: bytes) -> dict[str, str]:
    """What each file is refused with, read in the memory of one process."""
    paths = []
    for name, data in files.items():
        paths.append(tmp_path / name)
        paths[-1].write_bytes(data)
    command = [sys.executable, "-c", READ, str(MOST_MB), *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr[-500:]
    return dict(zip(files, done.stdout.split(), strict=True))


def picture(mode: str, pixels: int, kind: str, **options: Any) -> bytes:
    side = int(pixels**0.5)
    file = io.BytesIO()
    Image.new(mode, (side, side), 1).save(file, kind, **options)
    return file.getvalue()


def zipped(**members: bytes) -> bytes:
    file = io.BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as made:
        for name, data in members.items():
            made.writestr(f"{name}.csv", data)
    return file.getvalue()


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


def test_workbooks_of_two_megabytes_that_hold_millions_of_elements(tmp_path: Path) -> None:
    """Of parts below 64 MB when they are unpacked; trees of their elements would be up to 2 GB."""
    spare = {"spare": os.urandom(2 << 20).hex()}  # of so large a file a part may be as large as it gets
    shared = '<row><c t="s"><v>0</v></c></row>'
    long = f"<si><t>{'x' * 32_000}</t></si>"
    bombs = {
        "texts": packed("", sharedStrings=part("sst", "<si/>" * 7_900_000), **spare),
        "cells": packed(sheet("<row>" + "<c/>" * 7_900_000 + "</row>"), **spare),
        "marks": packed(sheet("<x/>" * 15_000_000), **spare),
        "deep": packed(sheet("<x>" * 2_000_000)),
        "names": packed(sheet("".join(f"<x{n}/>" for n in range(200_000)))),
        "namespaces": packed(sheet("".join(f'<x xmlns:p{n}="u"/>' for n in range(200_000)))),
        "attributes": packed(sheet("<x" + "".join(f' a{n}=""' for n in range(400_000)) + "/>")),
        "one_text": packed(sheet(shared * 20_000), sharedStrings=part("sst", long), **spare),
        "styles": packed("", styles=part("styleSheet", f"<cellXfs>{'<xf/>' * 400_000}</cellXfs>")),
        "parts": packed("", **{f"n{n}": "" for n in range(3_000)}),
    }
    assert max(map(len, bombs.values())) < 8 << 20
    assert codes(tmp_path, **bombs) == dict.fromkeys(bombs, "workbook")


def test_packed_tables_and_lines_without_end(tmp_path: Path) -> None:
    head, wide = b"line_id,amount\n", "\U0001f600".encode()  # one such character makes each of the text 4 bytes
    bombs = {
        "line": gzip.compress(head + wide + b"x" * (60 << 20), 1),
        "zeros": gzip.compress(b"\0" * (80 << 20), 1),
        "zip_in_zip": zipped(a=zipped(b=b"\0" * (80 << 20))),
        "zip_of_zeros": zipped(a=b"\0" * (80 << 20)),
    }
    assert codes(tmp_path, **bombs) == {
        "line": "unreadable",
        "zeros": "unpacked_too_large",
        "zip_in_zip": "workbook",
        "zip_of_zeros": "unpacked_too_large",
    }


def test_pictures_of_millions_of_pixels(tmp_path: Path) -> None:
    """A WebP is decoded whole several times over, and so are all scans of a progressive JPEG."""
    scans = picture("L", 1_000_000, "JPEG", progressive=True)
    last = scans.rindex(b"\xff\xda")
    files = {
        "transparent.picture": picture("P", 49_900_000, "PNG", transparency=1),
        "photo.picture": picture("RGB", 49_900_000, "JPEG"),
        "progressive.picture": picture("RGB", 24_900_000, "JPEG", progressive=True, subsampling=0),
        "webp.picture": picture("RGB", 15_900_000, "WEBP", lossless=True, method=0),
        "wide_webp.picture": picture("RGB", 16_100_000, "WEBP", lossless=True, method=0),
        "wide_progressive.picture": picture("RGB", 25_100_000, "JPEG", progressive=True),
        "scans.picture": scans[:last] + scans[last:-2] * 5_000 + scans[-2:],
    }
    read, large = "read", "picture_too_large"
    assert list(codes(tmp_path, **files).values()) == [read, read, read, read, large, large, "picture_unreadable"]
