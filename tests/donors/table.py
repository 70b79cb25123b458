"""Faults that donors found on the pages (M1 to U15), and the tests that cover them:

    .venv/bin/python -m tests.donors.table

A test compares the table with the README.
"""

from pathlib import Path

from tests.fault_table import Row, readme

README = Path(__file__).parent / "README.md"

ROWS = {
    "M1": Row(
        "66,60 was taken as 6,660",
        (
            "test_an_amount_that_can_be_read_in_two_ways_is_asked_about",
            "test_an_amount_with_a_misplaced_comma_is_asked_about",
        ),
    ),
    "M2": Row(
        "match was put under review without a notice, a date or a way to object",
        ("test_the_donor_reads_that_the_match_is_being_reviewed", "test_every_end_of_a_match_is_drawn_and_said"),
    ),
    "M3": Row("a printed table repeated its total", ("test_paper_has_no_form_and_the_total_once",)),
    "M4": Row(
        "“nothing was charged” while a payment was in progress",
        (
            "test_a_connection_that_breaks_after_the_payment_loses_nothing",
            "test_to_the_cashier_and_back_says_that_it_is_being_confirmed",
            "test_a_cancel_that_came_too_late_shows_the_payment_when_it_arrives",
        ),
    ),
    "M5": Row(
        "presets promised match to donors whose cap was used up",
        (
            "test_presets_promise_nothing_and_the_first_page_says_the_condition",
            "test_the_sentence_knows_what_is_left_of_the_visitors_own_caps",
        ),
    ),
    "M6": Row(
        "the visitor's own unpaid reservations used up the cap, invisibly",
        (
            "test_my_own_abandoned_hold_is_replaced_from_the_page",
            "test_an_unpaid_donation_is_found_and_cancelled",
        ),
    ),
    "M7": Row(
        "a promise without its condition; a typed amount without a forecast",
        (
            "test_presets_promise_nothing_and_the_first_page_says_the_condition",
            "test_a_sentence_says_what_an_amount_would_become",
            "test_an_amount_beyond_the_limits_is_said_while_it_is_typed",
        ),
    ),
    "W1": Row(
        "any text of a link appeared in the standings as a team",
        ("test_a_team_from_founding_to_standings", "test_a_team_that_turns_the_direction_of_text_is_left_out"),
    ),
    "W2": Row(
        "a drawn match was shown as nothing",
        ("test_every_end_of_a_match_is_drawn_and_said", "test_a_pot_that_matches_at_payment_is_explained_as_such"),
    ),
    "W3": Row("before the campaign: used up, and a form without effect", ("test_an_event_that_comes_says_when",)),
    "W4": Row(
        "outside match hours the page said “available now”", ("test_cards_and_strip_say_how_the_match_stands",)
    ),
    "W5": Row(
        "after Back from the cashier every donor saw the wrong message",
        ("test_leaving_the_cashier_shows_that_nothing_was_paid",),
    ),
    "W6": Row("search missed places and several words", ("test_a_village_is_found",)),
    "W7": Row("names sorted by code point", ("test_names_are_sorted_by_pinyin",)),
    "W8": Row("fields accepted more than is allowed", ("test_fields_take_what_is_allowed_and_no_more",)),
    "W10": Row(
        "name and message were not shown; named and anonymous at once",
        (
            "test_one_choice_between_named_and_anonymous",
            "test_a_plain_name_is_shown_and_a_message_waits",
        ),
    ),
    "W11": Row(
        "refunds were invisible",
        (
            "test_a_refund_is_shown_with_the_match_that_went_back",
            "test_a_donor_asks_for_a_part_on_their_page_and_sees_what_becomes_of_it",
        ),
    ),
    "W12": Row(
        "a short pot did not state what follows",
        ("test_too_little_match_is_shown_per_pot_and_nothing_is_reserved",),
    ),
    "W13": Row(
        "the rest of a cap looked like free money", ("test_both_are_given_and_the_page_says_why_there_is_no_match",)
    ),
    "W14": Row(
        "a called-off campaign did not mention the donations",
        (
            "test_a_campaign_that_is_called_off_says_what_becomes_of_gifts",
            "test_donors_see_that_their_money_is_on_its_way_back",
        ),
    ),
    "W15": Row("texts mentioned pots where there are none", ("test_without_pots_nothing_is_said_of_them",)),
    "W16": Row(
        "English with Chinese marks, and names without their language",
        (
            "test_chinese_names_on_english_pages_are_marked_as_chinese",
            "test_every_page_opens_in_english_and_has_no_other_text",
        ),
    ),
    "W17": Row("the demo's text repeated the county", ("test_a_row_names_the_place",)),
    "W18": Row(
        "page 4 of 3; a wrong sort was an error",
        ("test_a_page_beyond_the_last_is_the_last", "test_a_link_that_was_mistyped_shows_all_projects"),
    ),
    "B1": Row(
        "no contact to ask",
        ("test_the_contact_of_the_host_is_shown_on_the_pages", "test_a_question_is_answered_on_the_donations_page"),
    ),
    "B2": Row(
        "the amount could not be changed; Back gave an empty form",
        (
            "test_the_hold_page_changes_the_amount_in_one_step",
            "test_two_tabs_of_one_form_give_twice_only_when_the_donor_says_so",
        ),
    ),
    "B3": Row(
        "language switch and faults lost what was typed",
        (
            "test_the_other_language_keeps_what_was_typed",
            "test_a_mistake_is_shown_at_its_field_and_keeps_the_typed_values",
        ),
    ),
    "B4": Row("a long team in a link blocked the form", ("test_a_link_with_a_team_that_cannot_be_never_blocks",)),
    "B5": Row(
        "without cookies nothing worked",
        (
            "test_without_cookies_the_giving_flow_works",
            "test_without_cookies_and_origin_the_page_says_plainly_what_to_do",
        ),
    ),
    "B6": Row(
        "amounts as people write them were refused, invalid contacts were accepted",
        (
            "test_an_amount_as_people_write_it_is_read",
            "test_an_invalid_phone_number_identifies_no_donor",
            "test_an_invalid_email_address_identifies_no_donor",
        ),
    ),
    "U1": Row("the first project two screens down", ("test_the_event_page_is_for_one_minute",)),
    "U2": Row("twenty equal cards with twenty buttons", ("test_the_event_page_is_for_one_minute",)),
    "U3": Row("the pager jumped to the top", ("test_the_event_page_is_for_one_minute",)),
    "U4": Row("a half empty first page", ("test_the_event_page_is_for_one_minute",)),
    "U5": Row("a narrow column beside an empty third", ("test_a_wide_screen_has_two_columns",)),
    "U6": Row(
        "a fault opened the wrong part, the focus stayed",
        (
            "test_the_first_field_with_a_fault_gets_the_focus",
            "test_an_amount_beyond_the_limits_is_said_while_it_is_typed",
        ),
    ),
    "U7": Row(
        "at 200 % text the page was wider than the screen",
        ("test_text_of_twice_the_size_fits", "test_sizes_follow_the_text_size_of_the_reader"),
    ),
    "U8": Row("no style for paper", ("test_paper_has_no_form_and_the_total_once",)),
    "U9": Row(
        "totals moved, the rest did not",
        ("test_an_open_event_page_moves_without_reload", "test_the_clock_changes_pages_at_the_next_opening_or_end"),
    ),
    "U10": Row("the screen had no code, donations or time", ("test_the_screen_shows_gifts_code_and_what_is_left",)),
    "U11": Row("the countdown stopped at 00:00", ("test_a_hold_that_runs_out_says_so_by_itself",)),
    "U12": Row("cancel was right under pay", ("test_a_hold_that_runs_out_says_so_by_itself",)),
    "U13": Row("no busy state", ("test_a_hold_that_runs_out_says_so_by_itself",)),
    "U14": Row(
        "a finished campaign looked like a running one",
        ("test_after_the_end_the_sum_stays_with_thanks", "test_an_event_that_comes_says_when"),
    ),
    "U15": Row("no dark mode", ("test_duty_22_axe_finds_nothing", "test_design_has_every_colour_in_both_modes")),
}
_HEAD = """# Faults that donors found on the pages

Faults of a trial in a real browser (money, wording, blockers, usability), and the tests that would fail if one
came back. Generated by `.venv/bin/python -m tests.donors.table`.

| row | fault | tests |
|---|---|---|
"""


def text() -> str:
    """The README."""
    return readme(_HEAD, ROWS)


if __name__ == "__main__":
    README.write_text(text())
