"""What a platform's engineer met (P1 to P11), and the tests that stand there now:

    .venv/bin/python -m tests.partners.table

A test compares the table with the README.
"""

from pathlib import Path

from tests.fault_table import Row, readme

README = Path(__file__).parent / "README.md"

ROWS = {
    "P1": Row(
        "one signed event of any size was booked and public at once",
        (
            "test_one_signed_event_of_ten_to_the_thirteen_waits_uncounted",
            "test_the_limits_of_a_day_and_a_gift_are_set_per_partner",
            "test_two_workers_keep_the_limit_of_a_day_together",
            "test_a_date_in_the_future_is_refused",
            "test_a_payment_that_is_older_than_its_limit_waits",
            "test_limits_are_narrowed_by_one_and_widened_by_two",
        ),
    ),
    "P2": Row(
        "no rotation, no revocation; a new name began caps and ids anew",
        (
            "test_two_are_valid_until_one_is_ended",
            "test_the_old_one_ends_by_itself_at_the_time_that_was_set",
            "test_a_partner_rotates_its_own_secret",
            "test_another_secret_signs_nothing_before",
        ),
    ),
    "P3": Row(
        "requests with the same events met in deadlocks and were answered 503",
        (
            "test_a_batch_and_its_reverse_sent_at_once_never_deadlock",
            "test_control_in_the_order_of_the_request_they_do_and_are_tried_again",
        ),
    ),
    "P4": Row(
        "a refund waited a minute although its payment had come",
        ("test_two_workers_on_refund_and_payment_forget_neither",),
    ),
    "P5": Row(
        "match differs by the order of arrival: a rule that is chosen, written and shown",
        (
            "test_match_goes_by_the_order_of_arrival_and_says_so",
            "test_two_orders_of_a_day_differ_in_nothing_but_match",
            "test_a_shuffled_day_ends_as_the_ordered_one",
        ),
    ),
    "P6": Row(
        "the partner is blind",
        (
            "test_each_event_gets_its_own_result",
            "test_an_event_is_followed_by_its_own_id",
            "test_a_donation_says_its_match_and_why",
            "test_a_day_is_summed_up",
            "test_health_says_what_waits_and_what_is_left",
            "test_projects_are_mine_with_the_match_that_is_left",
            "test_nobody_sees_what_is_of_another_platform",
            "test_the_check_list_opens_the_way",
            "test_a_platform_learns_what_became_of_its_donation",
            "test_from_the_first_event_to_a_bill_that_both_see",
        ),
    ),
    "P7": Row(
        "staff are blind",
        (
            "test_staff_see_what_their_platform_does",
            "test_refused_events_are_counted_by_code",
            "test_silence_in_a_running_event_and_a_missing_bill_are_alarms",
            "test_metrics_name_the_platform",
            "test_lines_of_the_log_name_the_platform_that_is_called_for",
            "test_events_of_a_code_that_is_mapped_later_go_on_in_their_order",
        ),
    ),
    "P8": Row(
        "a missing or empty bill, and a stray line",
        (
            "test_a_bill_shows_its_faults_and_differences_and_is_then_taken",
            "test_an_empty_day_is_said",
            "test_a_payout_is_no_bill_of_its_day",
            "test_a_refund_alone_does_not_stand_for_its_payment",
            "test_a_charge_is_lowered_and_a_stray_line_taken_back",
        ),
    ),
    "P9": Row(
        "what an event said was silently lost or taken",
        (
            "test_all_that_a_donor_said_is_kept",
            "test_a_payment_says_which_campaign_it_was_for",
            "test_the_same_donation_for_another_project_or_donor_is_flagged",
            "test_a_payment_after_the_suspension_of_its_project_waits",
        ),
    ),
    "P10": Row("a stranger's donation called itself offline or monthly", ("test_channels_are_kept",)),
    "P11": Row(
        "the docs left open what an engineer asks",
        (
            "test_the_description_has_every_address_of_the_door",
            "test_what_the_door_answers_is_what_is_described",
            "test_each_field_of_an_answer_is_described_and_there",
            "test_a_signature_is_made_as_the_page_says",
            "test_the_examples_of_the_page_pass_the_check_list",
            "test_every_example_is_taken_as_it_stands",
        ),
    ),
}
_HEAD = """# What a platform's engineer met

Rows of the trial with four signers and a day of 30,000 events, and the tests that would fail if one came back.
Made by `.venv/bin/python -m tests.partners.table`.

| row | what was met | tests |
|---|---|---|
"""


def text() -> str:
    """The README."""
    return readme(_HEAD, ROWS)


if __name__ == "__main__":
    README.write_text(text())
