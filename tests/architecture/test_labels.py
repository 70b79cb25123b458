"""Every list of codes of ours has exactly its labels: what the database allows, pages can name, and no more."""

import ast
import importlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import CheckConstraint
from sqlmodel import SQLModel

from app.i18n import accounting_labels, desk_labels, giving_labels, job_labels, labels, locale
from app.i18n.refusals.fields import LABELS
from app.jobs.registry import JOBS
from app.jobs.runs import Unit
from campaigns.disclosure.standings import BY
from campaigns.donations.models import CHANNELS
from campaigns.funds.funds import KINDS as FUND_KINDS
from campaigns.lifecycle.plan import FIELDS
from campaigns.network.roles import Role
from campaigns.screening.thresholds import BOUNDS
from ledger.chart import AccountKind
from ledger.kinds import TransferKind
from matching.rules import CAPS, LEVELS, TIERS, Challenge, Scope
from tests.architecture.error_codes import words

ROOT = Path(__file__).parents[2]
# The CHECK constraint of a column with a list of values -> the labels of those values, and labels beyond them.
OF_COLUMNS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "approval_state": (giving_labels.APPROVAL_STATES, set()),
    "bank_claim_kind": (giving_labels.BANK_CLAIMS, set()),
    "campaign_phase": (labels.PHASES, set()),
    "discrepancy_account": (accounting_labels.DIFFERENCE_ACCOUNTS, set()),
    "discrepancy_cause": (labels.CAUSES, set()),
    "discrepancy_state": (labels.DISCREPANCY_STATES, set()),
    "fetched_bill_kind": (giving_labels.BILL_KINDS, set()),
    "fetched_bill_state": (giving_labels.BILL_STATES, set()),
    "duty_done_task": (accounting_labels.DUTY_TASKS, set()),
    "donation_status": (labels.STATUSES, set()),
    "fund_kind": (labels.FUND_KINDS, set()),
    "import_run_kind": (labels.IMPORT_KINDS, set()),
    "import_run_state": (labels.IMPORT_STATES, set()),
    "inbox_work_state": (labels.INBOX_STATES, set()),
    "match_decision_cause": (giving_labels.SEEKING, {"arrival"}),
    "payee_account_state": (giving_labels.PAYEE_STATES, set()),
    "payout_plan_state": (giving_labels.PLAN_STATES, set()),
    "allotment_fees_from": (giving_labels.FEES_FROM, set()),
    "payout_rules_fees_from": (giving_labels.FEES_FROM, set()),
    "payout_rules_lowest_payee": (labels.LEVELS, set()),
    "payout_rules_surplus_to": (giving_labels.SURPLUS_WAYS, set()),
    "purpose_change_basis": (giving_labels.PURPOSE_BASES, set()),
    "minor_gift_age": (giving_labels.AGE_BANDS, set()),
    "agreement_kind": (giving_labels.AGREEMENT_KINDS, set()),
    "surplus_use_share": (giving_labels.SHARES, {"share_management", "share_fees"}),
    "surplus_use_way": (giving_labels.SURPLUS_WAYS, set()),
    "purpose_change_share": (giving_labels.SHARES, {"share_management", "share_fees"}),
    "export_run_state": (desk_labels.EXPORT_STATES, set()),
    "export_run_format": (desk_labels.EXPORT_FORMATS, set()),
    "award_among": (desk_labels.AWARD_AMONG, set()),
    "award_criterion": (desk_labels.AWARD_CRITERIA, set()),
    "award_tie": (desk_labels.AWARD_TIES, set()),
    "station_tick_item": (desk_labels.STATION_ITEMS, set()),
    "audit_sample_mark_state": (giving_labels.SAMPLE_STATES, set()),
    "self_check_answer_question": (giving_labels.CHECK_QUESTIONS, set()),
    "goods_basis": (giving_labels.GOODS_BASES, set()),
    "goods_state": (giving_labels.GOODS_STATES, set()),
    "spending_state": (giving_labels.SPENDING_STATES, set()),
    "remittance_part_share": (giving_labels.SHARES, {"share_management", "share_fees"}),
    "bank_answer_answer": (giving_labels.BANK_ANSWERS, set()),
    "remittance_state": (giving_labels.REMITTANCE_STATES, set()),
    "organisation_level": (labels.LEVELS, set()),
    "payment_exception_reason": (labels.EXCEPTION_REASONS, set()),
    "payment_exception_state": (labels.EXCEPTION_STATES, set()),
    "source_kind": (giving_labels.SOURCE_KINDS, set()),
    "partner_delivery_type": (giving_labels.OUTGOING_TYPES, set()),
    "partner_delivery_state": (giving_labels.DELIVERY_STATES, set()),
    "partner_sums_answer_verdict": (giving_labels.SUMS_VERDICTS, set()),
    "partner_state": (giving_labels.PARTNER_STATES, set()),
    "pot_funding_reason": (labels.FUNDING, set()),
    "pot_kind": (labels.POT_KINDS, set()),
    "pot_mode": (labels.POT_MODES, set()),
    "project_status": (labels.PROJECT_STATUSES, set()),
    "project_tier": (labels.TIERS, set()),
    "refund_state": (labels.REFUND_STATES, set()),
    "project_correction_consent": (giving_labels.CONSENTS, set()),
    "project_picture_people": (giving_labels.PEOPLE_SHOWN, set()),
    "project_theme": (giving_labels.THEMES, set()),
    "receipt_request_state": (giving_labels.RECEIPT_STATES, set()),
    "refund_request_state": (giving_labels.REFUND_REQUEST_STATES, set()),
    "public_words_state": (giving_labels.WORDS_STATES, set()),
    "public_words_suspicion": (giving_labels.WORDS_SUSPICIONS, set()),
    "team_kind": (giving_labels.TEAM_KINDS, set()),
    "team_state": (giving_labels.TEAM_STATES, set()),
    "reservation_state": (labels.HOLD_STATES, {"held"}),  # captured, on hold while a reviewer looks at it
    "screening_case_state": (labels.CASE_STATES, set()),
    "voucher_line_side": (accounting_labels.SIDES, set()),
    "watch_kind": (labels.WATCHED, set()),
}
UNSEEN = {  # on no page
    "account_link_kind",
    "audit_block_source",
    "bank_claim_how",
    "burst_count_kind",
    "closing_problem_code",
    "donation_dispute",
    "ledger_account_kind",
    "letter_batch_kind",
    "letter_kind",
    "letter_state",
    "ledger_transfer_kind",
    "reversal_fact_kind",
    "reversal_fact_state",
}


def test_each_value_of_a_checked_column_has_exactly_one_label() -> None:
    lists = dict(_value_lists())
    assert set(lists) == set(OF_COLUMNS) | UNSEEN
    for name, (table, beyond) in OF_COLUMNS.items():
        assert set(table) == lists[name] | beyond, name


def _value_lists() -> Iterator[tuple[str, set[str]]]:
    """Name and values of every CHECK constraint that lists the values of one column."""
    for path in ROOT.glob("*/**/models.py"):
        if not path.parts[len(ROOT.parts)].startswith("."):
            importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    for table in SQLModel.metadata.tables.values():
        for check in table.constraints:
            if isinstance(check, CheckConstraint) and re.fullmatch(r"\w+ IN \([^()]*\)", str(check.sqltext)):
                yield str(check.name), set(re.findall(r"'([^']*)'", str(check.sqltext)))


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        (accounting_labels.ACCOUNT_KINDS, tuple(AccountKind)),
        (accounting_labels.TRANSFER_KINDS, tuple(TransferKind)),
        (labels.CAPS, CAPS),
        (labels.CHALLENGE, Challenge.__slots__),
        (labels.CHANNELS, CHANNELS),
        (labels.CUTS, ("pot", "minimum_minor", *CAPS)),
        (labels.FUND_KINDS, FUND_KINDS),
        (job_labels.JOBS, JOBS),
        (job_labels.JOB_COUNTS, Unit),
        (labels.LEVELS, LEVELS),
        (labels.PLAN, FIELDS),
        (labels.ROLES, tuple(Role)),
        (labels.SCOPE, (*Scope.__slots__, "locked", "paused", "payment", "pledge")),
        (labels.STANDINGS, BY),
        (labels.THRESHOLDS, BOUNDS),
        (labels.TIERS, TIERS),
    ],
)
def test_every_list_of_codes_has_exactly_its_labels(table: dict[str, Any], codes: Iterable[str]) -> None:
    assert set(table) == {str(code) for code in codes}


@pytest.mark.parametrize("name", ["SIGNALS", "STEPS", "POT_ACTS", "ACTORS", "RULE_STAGES"])
def test_no_label_is_left_over(name: str) -> None:
    """Codes that stand in several places of the source: each label's code is one of its texts."""
    tables = vars(labels) | vars(giving_labels)
    assert sorted(set(tables[name]) - words()) == []


def test_every_field_of_a_form_that_has_a_table_of_labels_has_them() -> None:
    assert {f"caps.{name}" for name in CAPS} | set(FIELDS) <= set(LABELS)


def test_every_field_that_a_form_requires_is_named_where_its_fault_is_listed() -> None:
    """The list of faults above a form names each field; a bare 请填写 would not say which."""
    calls = (
        node
        for path in Path("app/console").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("form.require", "form.day")
    )
    names = {argument.value for call in calls for argument in call.args if isinstance(argument, ast.Constant)}
    assert "consented_on" in names
    assert sorted(names - set(LABELS)) == []


def test_no_table_of_labels_is_defined_twice() -> None:
    """A second table of the same name would silently replace the first."""
    tree = ast.parse(Path(labels.__file__).read_text())
    names = [target.id for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]  # type: ignore[attr-defined]
    assert sorted(names) == sorted(set(names))


def test_the_counts_of_a_job_are_shown_in_words() -> None:
    counts: dict[str, int] = {Unit.DONATIONS_EXPIRED: 3, Unit.EVENTS_PROCESSED: 1}
    assert job_labels.counts_text(counts) == "3 笔捐赠超时没有付、处理 1 条消息"
    app = Flask(__name__)
    locale.init_app(app)
    with app.app_context(), force_locale("en"):
        assert job_labels.counts_text(counts) == "3 donations expired, one message processed"
    assert job_labels.counts_text({"dances": 2}) == "2 dances"
