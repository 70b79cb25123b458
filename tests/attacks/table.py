"""The table of attacks and machine failures, and the tests that cover them:

    .venv/bin/python -m tests.attacks.table

A test in this folder belongs to the row whose id its name begins with (`test_c15_...`); those of other folders are
named here. A test compares the table with the README.
"""

import re
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
README = HERE / "README.md"


class Row(NamedTuple):
    """An attack: what was possible, and the tests outside of this folder."""

    about: str
    elsewhere: tuple[str, ...] = ()


ROWS = {
    "C1": Row("a stranger takes the id of a partner's donation, and its money"),
    "C2": Row(
        "a manager of another branch reads and acts",
        (
            "test_a_neighbour_finds_nothing_and_changes_nothing",
            "test_those_whose_branch_it_is_reach_it",
            "test_routes_of_the_federation_are_refused_to_a_branch",
            "test_lists_show_the_own_branch",
            "test_the_branch_of_what_a_body_names_is_checked",
            "test_a_body_cannot_name_a_resource_of_another_branch",
            "test_a_form_cannot_name_a_resource_of_another_branch",
            "test_a_filter_that_names_what_lies_in_another_branch_finds_nothing",
            "test_a_county_refunds_what_a_donor_gave_to_the_county",
            "test_it_is_decided_of_every_field_whether_it_names_something_of_a_node",
            "test_a_pot_draws_on_the_fund_of_another_node_only_by_a_grant",
            "test_a_case_opens_only_under_its_own_campaign",
            "test_a_token_of_a_branch_acts_only_there",
        ),
    ),
    "C3": Row(
        "wrong passwords and other expensive requests stop donations",
        (
            "test_verifying_passwords_leaves_the_event_loop_to_others",
            "test_a_page_is_made_once_for_all_visitors",
            "test_c3_an_invented_address_costs_more_than_a_page_from_memory",
            "test_c3_pages_for_one_stranger_wait_for_one_another_and_giving_for_none",
        ),
    ),
    "C4": Row(
        "two unpaid requests reserve a whole pot",
        (
            "test_many_gifts_within_an_hour_are_asked_about_and_then_paused",
            "test_an_unpaid_donation_of_the_same_donor_is_shown_first",
        ),
    ),
    "C5": Row(
        "personal data is in clear in messages and dumps",
        (
            "test_a_contact_is_unreadable_with_another_key_and_after_erasure",
            "test_a_dump_after_an_erasure_holds_nothing_of_the_person",
            "test_nothing_is_in_clear_and_all_of_it_comes_back",
            "test_marked_people_leave_no_trace",
            "test_a_dump_has_rows_of_every_table_that_a_donor_reaches",
            "test_a_kept_reply_with_a_donors_words_ends_with_the_donor",
            "test_a_database_of_an_earlier_version_is_sealed_and_its_books_hold",
        ),
    ),
    "C6": Row(
        "a default secret signs sessions and tokens",
        (
            "test_nothing_is_served_without_secrets",
            "test_secrets_are_private_random_and_the_same_at_every_run",
            "test_production_refuses_what_is_unsafe",
        ),
    ),
    "C7": Row(
        "no account can be disabled, no token revoked, no session ended",
        (
            "test_a_cookie_from_before_the_sign_out_opens_nothing",
            "test_a_session_ends_at_once",
            "test_an_account_that_is_off_has_no_session_and_cannot_sign_in_until_it_is_on",
            "test_another_password_ends_all_sessions_and_the_old_one_opens_nothing",
            "test_one_session_is_ended_alone",
            "test_a_token_is_made_listed_and_revoked",
            "test_a_token_has_scopes_an_end_and_an_owner",
            "test_a_token_that_a_person_made_ends_with_their_account",
            "test_a_password_link_signs_everybody_else_out",
            "test_ended_sessions_and_tokens_are_deleted_later",
            "test_an_account_from_beginning_to_end",
            "test_tokens_end_with_their_owner_or_when_they_could_do_more",
            "test_two_are_valid_until_one_is_ended",
            "test_no_caller_grants_or_takes_over_rights_beyond_their_own",
            "test_a_stolen_token_does_not_get_around_the_owners_password_or_second_factor",
        ),
    ),
    "C8": Row(
        "password guessing succeeds, or locks the owner out",
        (
            "test_after_ten_tries_an_account_waits_at_this_address_and_at_no_other",
            "test_the_right_password_forgets_the_tries_before_it",
            "test_one_address_does_not_try_one_password_on_all_accounts",
            "test_guessing_tokens_is_slow_and_hinders_no_manager",
            "test_tries_are_limited",
            "test_c8_a_stranger_does_not_use_up_the_codes_of_a_donor",
            "test_a_code_works_once_and_none_before_it_does",
            "test_an_account_with_a_second_factor_signs_in_with_a_code",
        ),
    ),
    "C9": Row(
        "production starts with unsafe settings",
        (
            "test_production_refuses_what_is_unsafe",
            "test_production_says_all_of_it_at_once",
            "test_every_wrong_setting_is_named_in_one_message",
        ),
    ),
    "C10": Row(
        "weak passwords, and passwords in the list of processes",
        (
            "test_a_common_password_is_refused",
            "test_the_login_is_not_in_the_password",
            "test_an_account_from_beginning_to_end",
        ),
    ),
    "C11": Row("a partner takes the name of one of our own sources"),
    "C13": Row(
        "the Host header reaches links and redirects",
        (
            "test_a_foreign_host_is_refused_before_anything_is_made_of_it",
            "test_our_own_names_are_answered",
            "test_in_production_this_machine_is_no_name_of_the_site",
        ),
    ),
    "C14": Row(
        "tokens of donations in addresses",
        (
            "test_the_token_is_exchanged_for_a_cookie_of_this_donation",
            "test_no_address_of_the_whole_way_holds_a_token",
            "test_the_return_link_opens_the_donation_in_another_browser",
            "test_without_cookies_a_pass_opens_the_page_and_its_forms_for_an_hour",
        ),
    ),
    "C16": Row(
        "formulas in CSV, tabs and line feeds in names",
        (
            "test_a_formula_is_shown_as_text",
            "test_only_one_module_writes_csv",
            "test_teams_that_look_alike_are_one_team",
        ),
    ),
    "C15": Row("failed sign-ins without who and where, no security log"),
    "D6": Row("requests fail because a log or a disk cannot be written"),
    "D": Row(
        "pages hang because the database is frozen or gone",
        (
            "test_without_the_database_the_answer_is_503",
            "test_without_a_database_the_last_page_is_shown_and_says_so",
            "test_an_outage_of_the_database_is_survived",
        ),
    ),
    "R63": Row(
        "a request that is sent again moves money twice",
        (
            "test_the_same_request_again_gets_the_same_reply_and_moves_nothing",
            "test_every_change_of_managers_takes_a_key",
            "test_all_that_makes_or_moves_money_is_done_once",
            "test_equal_requests_at_the_same_moment_have_one_effect",
            "test_after_a_crash_effect_and_reply_are_both_there_or_neither",
        ),
    ),
    "B": Row(
        "statement lines that no list shows, and donations that come after the result",
        (
            "test_every_kind_of_line_of_an_unknown_donation_is_listed_once",
            "test_a_partner_that_sent_nothing_at_all_holds_the_notice_by_name",
            "test_a_line_in_two_campaigns_is_listed_in_the_one_that_opened_last",
            "test_a_line_of_no_campaign_is_on_a_list_of_its_own",
        ),
    ),
    "F21": Row(
        "entries, reports, lines and donor keys changed without a finding of `check-books`",
        (
            "test_an_entry_that_was_changed_or_deleted_is_named",
            "test_an_entry_that_was_inserted_behind_a_block_is_named",
            "test_a_block_that_was_changed_or_deleted_breaks_the_chain",
            "test_ids_that_commit_out_of_order_are_sealed_when_nothing_can_come_before_them",
            "test_wrong_money_is_named",
        ),
    ),
    "P10": Row("a stranger's donation carries a label that only the engine may write"),
}


def tests_of(row: str) -> list[str]:
    """The tests of a row: those of the folders `attacks` and `audit` with its id, and those that are named here."""
    sources = (path.read_text() for folder in (HERE, HERE.parent / "audit") for path in folder.glob("test_*.py"))
    names = {name for source in sources for name in re.findall(r"^def (test_\w+)", source, re.M)}
    own = sorted(name for name in names if name.startswith(f"test_{row.lower()}_"))
    return [*own, *ROWS[row].elsewhere]


def text() -> str:
    """The README."""
    lines = (
        f"| {row} | {ROWS[row].about} | {', '.join(f'`{name}`' for name in tests_of(row)) or 'open'} |"
        for row in ROWS
    )
    return "\n".join(
        (
            "# Attacks and machine failures",
            "",
            "Attacks tried from outside on the running engine, each an instance of a kind, and the tests that",
            "cover it. Generated by `python -m tests.attacks.table`; a test compares it. Rows without a test",
            "say `open`.",
            "",
            "| id | what was possible | shown by |",
            "|---|---|---|",
            *lines,
            "",
        )
    )


if __name__ == "__main__":
    README.write_text(text())
