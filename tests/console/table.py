"""Faults that the people of a federation found (F1 to F32), and the tests that cover them:

    .venv/bin/python -m tests.console.table

A test compares the table with the README.
"""

from pathlib import Path

from tests.fault_table import Row, readme

README = Path(__file__).parent / "README.md"

ROWS = {
    "F1": Row(
        "another county's campaign was cancelled in two clicks, without a reason",
        (
            "test_each_is_refused_what_is_not_theirs",
            "test_an_event_is_cancelled_in_the_console_with_its_name_typed",
            "test_in_the_console_cancelling_an_open_campaign_says_that_it_waits",
        ),
    ),
    "F2": Row(
        "rights without a branch",
        (
            "test_a_neighbour_finds_nothing_and_changes_nothing",
            "test_a_body_cannot_name_a_resource_of_another_branch",
            "test_routes_of_the_federation_are_refused_to_a_branch",
        ),
    ),
    "F3": Row(
        "donations could be found only by the whole id",
        (
            "test_by_time_amount_project_and_order_number",
            "test_by_phone_or_mail_in_any_form_and_the_log_never_has_it",
            "test_the_console_finds_by_what_is_known",
            "test_a_whole_name_finds_its_donations",
            "test_one_search_finds_donations_by_id_reference_and_amount",
        ),
    ),
    "F4": Row(
        "nothing could be changed after scheduling",
        (
            "test_a_project_becomes_an_event_with_two_pots",
            "test_an_event_that_runs_is_extended",
            "test_an_event_ends_early_and_who_is_paying_may_finish",
            "test_a_scheduled_event_becomes_a_draft_again_and_is_corrected",
        ),
    ),
    "F5": Row(
        "a cancelled campaign never closed",
        (
            "test_wind_up_a_cancelled_event_with_many_paid_gifts",
            "test_donors_see_that_their_money_is_on_its_way_back",
        ),
    ),
    "F6": Row(
        "review without a text, a comment or a way back; any account could set any tier",
        (
            "test_a_project_is_sent_back_mended_and_approved",
            "test_a_suspended_project_is_changed_and_resubmitted",
            "test_each_branch_files_its_tiers",
        ),
    ),
    "F7": Row(
        "a phase said paid out although nothing was paid",
        ("test_f7_a_released_event_says_payable", "test_from_the_split_to_the_returned_payment"),
    ),
    "F8": Row(
        "the legal host of public pages was a place",
        (
            "test_f8_pages_name_the_holder_of_the_certificate",
            "test_the_legal_block_is_on_every_page_of_an_event",
        ),
    ),
    "F9": Row(
        "messages for unknown codes waited without a button",
        (
            "test_a_message_says_why_it_waits_and_what_helps",
            "test_an_unknown_code_is_mapped_and_what_waits_goes_on",
            "test_payments_of_another_shop_are_listed_apart_and_are_no_work",
        ),
    ),
    "F10": Row(
        "two people edited a draft and the first change was lost",
        ("test_two_editors_of_a_draft_keep_both_changes_and_learn_of_a_conflict",),
    ),
    "F11": Row(
        "a campaign was scheduled with a blank purpose, an invalid address, no project",
        ("test_an_incomplete_plan_does_not_open", "test_duty_03_each_part_of_the_plan_is_asked_for"),
    ),
    "F12": Row(
        "the reconciliation was unreadable on a phone",
        ("test_f12_every_room_of_the_console_fits_a_phone",),
    ),
    "F13": Row(
        "a burst of N cases was N forms",
        (
            "test_a_burst_is_decided_in_one_transaction_and_once",
            "test_a_reviewer_decides_the_chosen_and_then_all_and_stays_where_they_were",
        ),
    ),
    "F14": Row(
        "an empty field and one click refunded everything",
        (
            "test_a_refund_is_asked_for_once",
            "test_finance_refunds_with_a_second_person",
        ),
    ),
    "F15": Row(
        "a wrong deposit could not be corrected, a fund had no page",
        (
            "test_a_deposit_is_corrected_after_a_preview",
            "test_a_deposit_is_corrected_by_another_entry_that_refers_to_it",
        ),
    ),
    "F16": Row(
        "donations of platforms and boxes showed a form that was then refused",
        (
            "test_f16_a_gift_that_we_did_not_take_has_no_refund_form",
            "test_hand_entered_money_can_be_taken_back",
        ),
    ),
    "F17": Row(
        "a signed-off sum was missing from the published result for ever",
        (
            "test_a_signed_off_sum_is_booked_and_shown",
            "test_a_signed_off_bank_difference_is_booked_to_suspense",
        ),
    ),
    "F18": Row(
        "no account could be disabled, get a new password or change role",
        (
            "test_switching_off_ends_sessions_and_a_link_sets_a_new_password",
            "test_role_branch_and_name_are_changed_and_a_colleague_is_not_overwritten",
            "test_a_token_is_shown_once_narrowed_and_revoked",
        ),
    ),
    "F19": Row(
        "no page of the audit trail",
        ("test_an_entry_says_in_words_who_did_what_and_what_was_before", "test_an_auditor_follows_one_fen"),
    ),
    "F20": Row(
        "entries, pots and tranches created by mistake stayed",
        (
            "test_a_project_without_a_paid_donation_is_withdrawn",
            "test_a_tranche_that_has_not_opened_is_taken_back",
        ),
    ),
    "F21": Row(
        "no pause of a pot, no early tranche",
        ("test_a_project_becomes_an_event_with_two_pots", "test_tranches_are_moved_in_the_console"),
    ),
    "F22": Row(
        "buttons that were refused after the click, and lists of all branches",
        (
            "test_every_link_opens_and_no_button_is_refused_for_want_of_rights",
            "test_lists_show_the_own_branch",
        ),
    ),
    "F23": Row("closing stopped without a reason", ("test_closing_says_what_it_waits_for",)),
    "F24": Row(
        "rules overwrote a colleague's; unchanged rules became a new version",
        (
            "test_rules_changed_by_others_meanwhile_are_previewed_again",
            "test_f24_unchanged_rules_are_no_new_version",
        ),
    ),
    "F25": Row(
        "a released pot showed money still to open beside returned money",
        ("test_f25_a_pot_that_gave_back_has_nothing_to_open",),
    ),
    "F26": Row(
        "a refund after the notice did not change the notice",
        (
            "test_f26_a_refund_on_the_console_corrects_the_published_result",
            "test_b_a_refund_after_the_result_takes_money_and_match_back_as_corrections",
        ),
    ),
    "F27": Row(
        "a partner for a project that does not exist",
        ("test_f27_a_partner_is_registered_for_projects_that_exist",),
    ),
    "F28": Row(
        "an offline row for a suspended project named the wrong cause",
        ("test_f28_a_gift_to_a_suspended_project_says_so",),
    ),
    "F29": Row(
        "raw English on Chinese pages",
        (
            "test_f29_pages_show_no_codes",
            "test_every_page_opens_in_chinese",
            "test_every_act_that_is_recorded_has_words",
        ),
    ),
    "F30": Row(
        "the navigation of a phone was cut off, free money was red",
        ("test_f12_every_room_of_the_console_fits_a_phone",),
    ),
    "F31": Row(
        "a difference led to a donation that does not exist",
        ("test_a_difference_links_to_its_donation_only_if_it_exists",),
    ),
    "F32": Row(
        "staff of the county raised no signal in its villages",
        ("test_f32_staff_of_those_above_a_village_are_a_sign",),
    ),
}
_HEAD = """# Faults that the people of a federation found

Faults of a trial with ten accounts from an empty database to a released campaign, and the tests that would fail
if one came back. Generated by `.venv/bin/python -m tests.console.table`.

| row | fault | tests |
|---|---|---|
"""


def text() -> str:
    """The README."""
    return readme(_HEAD, ROWS)


if __name__ == "__main__":
    README.write_text(text())
