"""The table of the 23 duties of a public fundraiser, and the tests that show how each is kept:

    .venv/bin/python -m tests.duties.table

A test in this folder belongs to the duty whose number its name begins with (`test_duty_07_...`). `elsewhere` names
tests of other folders. A row without a test says `open`. A test compares the table with the README.
"""

import re
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
README = HERE / "README.md"


class Duty(NamedTuple):
    """A duty: its source and rule in short, what keeps it (a field, a gate, a clock), what is missing."""

    rule: str
    kept_by: str
    missing: str = ""
    elsewhere: tuple[str, ...] = ()


DUTIES = {
    1: Duty(
        "慈善法 27: on a designated platform",
        "gates: the plan's platform and its address; giving stops while filing or listing is withdrawn",
    ),
    2: Duty(
        "22, 26: a host with the certificate",
        "gate: certificate number and its end; records of agreements with partners, public",
    ),
    3: Duty("24: contents of the plan", "gate: one field each"),
    4: Duty("24, 令74号 11: filed 10 days before", "gate, warning, clock: `file_plan`"),
    5: Duty("25: the fundraiser, shown on every page", "the legal block"),
    6: Duty("72, 73: emergencies", "field `emergency`; clocks: `file_emergency`, `publish_emergency`"),
    7: Duty("79, 令81号: publication, partners, leftovers", "clocks; notices beside the published result"),
    8: Duty("monthly publicity of the field", "clock: job `monthly`; numbered, frozen, hashed"),
    9: Duty(
        "38, 财综〔2024〕1号 6: receipts",
        "fields of the request, of the issued receipt and of the red one; files imported once",
        "",
        (
            "test_duty_09_a_refunded_gift_gets_a_red_receipt_and_one_for_the_rest",
            "test_duty_09_the_fiscal_systems_file_is_taken_in_once",
        ),
    ),
    10: Duty("个税法 6, 企税法 9: tax", "text beside the request for a receipt"),
    11: Duty("41: pledges", "records apart from donations; clock: due, overdue, called; waived by two people"),
    12: Duty("31, 32: no quotas", "standings rank totals only, nobody without a donation is listed"),
    13: Duty(
        "40, 59: related parties",
        "declaration of each project: published, and approved by two; signal `staff` of screening",
    ),
    14: Duty(
        "53 to 58: register of money",
        "append-only books; purposes are changed and surpluses used by transfers with their reason",
        "",
        (
            "test_duty_14_the_books_cannot_be_rewritten",
            "test_duty_14_money_gets_another_purpose_by_new_entries",
            "test_duty_14_a_surplus_follows_the_rule_of_the_host",
        ),
    ),
    15: Duty(
        "61: share of management cost",
        "gate: the ceiling of split rules; numerator, denominator and ceiling of each year, public",
        "a foundation's spending as a share of last year's income: by hand, from its audited accounts",
        ("test_shares_are_the_whole_and_management_stays_within_its_ceiling",),
    ),
    16: Duty(
        "42: donors trace their donation",
        "explanation of each donation; its way to payout and spending",
        "",
        ("test_a_gift_is_followed_from_giving_to_spending",),
    ),
    17: Duty(
        "82, PIPL: personal data",
        "consent, sealed fields, export, erasure; fields of the plan for the assessment before sharing; clock: "
        "`assess_privacy`",
        "notice of a breach to donors and authorities (PIPL 57): by hand",
        ("test_consents_stay_and_end", "test_nothing_is_in_clear_and_all_of_it_comes_back"),
    ),
    18: Duty(
        "minors",
        "gate, on pages, for platforms and files: consent of the guardian, no name, a maximum per donation; a "
        "refund returns match",
        "platforms whose own notifications are mapped cannot state an age",
    ),
    19: Duty(
        "124: no help for single persons",
        "no such kind of project; gate: a text that reads like a plea for one person is shown to the reviewer and "
        "approved by two; stated on the page of reports",
    ),
    20: Duty(
        "MZ/T 088: neutral, reports answered, half-yearly",
        "clocks: `operating_report`; complaints, reported words and objections are due within five working days",
        "the list of complaints by phone or e-mail and the text of the report: by hand, see the handbook",
    ),
    21: Duty("13, 公益事业捐赠法 22: annual report with cost", "field `cost_minor`; clock: `annual_report`"),
    22: Duty(
        "accessibility",
        "axe on the donor pages; larger type by a link on each",
        "",
        ("test_duty_22_axe_finds_nothing", "test_duty_22_larger_type_needs_neither_script_nor_cookie"),
    ),
    23: Duty("100, 101: honours", "names only with consent"),
}


def tests_of(number: int) -> list[str]:
    """The tests of a duty: those of this folder with its number, and those that are named here."""
    sources = [path.read_text() for path in HERE.glob("test_*.py")]
    names = {name for source in sources for name in re.findall(r"^def (test_\w+)", source, re.M)}
    return [
        *sorted(name for name in names if name.startswith(f"test_duty_{number:02}_")),
        *DUTIES[number].elsewhere,
    ]


def text() -> str:
    """The README."""
    lines = (
        f"| {number} | {duty.rule} | {duty.kept_by or '-'} | {duty.missing or '-'} | "
        f"{', '.join(f'`{name}`' for name in tests_of(number)) or 'open'} |"
        for number, duty in DUTIES.items()
    )
    return "\n".join(
        (
            "# The 23 duties of a public fundraiser",
            "",
            "The requirements of the law and the field's standards, how each is kept, what is missing, and the",
            "tests that show it. Generated by `python -m tests.duties.table`; a test compares it. Rows without a",
            "test say `open`. The periods are those of `campaigns/duties/terms.py`; this is not legal advice.",
            "",
            "| no. | rule | kept by | missing | shown by |",
            "|---|---|---|---|---|",
            *lines,
            "",
        )
    )


if __name__ == "__main__":
    README.write_text(text())
