"""Fields of managers' requests that name something which belongs to a node, and those that name nothing."""

from typing import NamedTuple


class Named(NamedTuple):
    """A field that names a resource of the caller's branch.

    `kind`: its kind, as `tests.api.resources` calls it. `refused`: the code of the refusal, or of the field's
    fault, for a resource of somebody else (empty: it is left out, and nothing is decided about it).
    """

    kind: str
    refused: str


NAMED_IN_BODIES: dict[tuple[str, str], Named] = {
    ("POST /campaigns", "host"): Named("code", "not_permitted"),
    ("POST /campaigns/{slug}/entries", "project"): Named("project_id", "project_unknown"),
    ("POST /campaigns/{slug}/cases/decide", "cases"): Named("case_id", ""),
    ("POST /campaigns/{slug}/simulations", "changes[].pot"): Named("pot_id", "pot_unknown"),
    ("POST /campaigns/{slug}/sources", "project"): Named("project_id", "unknown_project"),
    ("POST /donations/{donation_id}/project-corrections", "project"): Named("project_id", "not_permitted"),
    ("POST /funds", "organisation"): Named("code", "not_permitted"),
    ("POST /funds/{fund_id}/transfers", "to_fund"): Named("fund_id", "fund_unknown"),
    ("POST /goods/{goods_id}/handouts/corrections", "handout"): Named("handout_id", "handout_unknown"),
    ("PATCH /goods/{goods_id}", "organisation"): Named("code", "not_permitted"),
    ("POST /inbox/{message_id}/attach", "donation"): Named("donation_id", "donation_unknown"),
    ("POST /invitations", "branch"): Named("code", "not_permitted"),
    ("POST /organisations", "parent"): Named("code", "not_permitted"),
    ("POST /organisations/{code}/agreements", "campaign"): Named("slug", "campaign_unknown"),
    ("POST /organisations/{code}/agreements", "fund"): Named("fund_id", "fund_unknown"),
    ("POST /organisations/{code}/merge", "into"): Named("code", "not_permitted"),
    ("POST /payment-exceptions/{exception_id}/attach", "donation"): Named("donation_id", "donation_unknown"),
    ("POST /pledges/{pledge_id}/payments", "deposit"): Named("deposit_id", "deposit_unknown"),
    ("POST /pots", "campaign"): Named("slug", "campaign_unknown"),
    ("POST /pots", "fund"): Named("fund_id", "fund_unknown"),
    ("POST /projects", "organisation"): Named("code", "not_permitted"),
    ("POST /projects", "template"): Named("template_id", "unknown_template"),
    ("POST /projects/{project_id}/goods", "organisation"): Named("code", "not_permitted"),
    ("POST /projects/{project_id}/purpose-changes", "campaign"): Named("slug", "campaign_unknown"),
    ("POST /projects/{project_id}/purpose-changes", "to_project"): Named("project_id", "project_unknown"),
    ("POST /projects/{project_id}/surplus-returns", "campaign"): Named("slug", "campaign_unknown"),
    ("POST /projects/{project_id}/surplus-uses", "campaign"): Named("slug", "campaign_unknown"),
    ("POST /projects/{project_id}/surplus-uses", "to"): Named("project_id", "project_unknown"),
    ("POST /tokens", "branch"): Named("code", "not_permitted"),
    ("POST /users", "branch"): Named("code", "not_permitted"),
    ("PATCH /users/{user_id}", "branch"): Named("code", "not_permitted"),
}

# Why others that name something of a node need not be asked about.
NOT_ASKED = {
    "only without a branch": {
        ("POST /donors/erasure", "donation"),
        ("POST /donors/export", "donation"),
        ("POST /partners", "projects"),
        ("PATCH /partners/{name}", "projects"),
        ("POST /partners/{name}/project-codes", "project"),
    },
    "a grant is for others": {
        ("POST /funds/{fund_id}/grants", "organisation"),
        ("POST /funds/{fund_id}/grants/revoke", "organisation"),
    },
    "narrows which donations to the campaign of the pot are matched": {
        (route, f"{rules}.scope.{field}")
        for route, rules in (
            ("POST /pots", "rules"),
            ("POST /pots/{pot_id}/rules", "rules"),
            ("POST /campaigns/{slug}/simulations", "changes[].rules"),
        )
        for field in ("projects", "under")
    },
    "the code of a project of the campaign in the address": {
        ("POST /campaigns/{slug}/simulations", "gifts[].project"),
    },
    "filters rows of the own branch": {
        ("POST /exports", f"filters.{field}") for field in ("campaign", "id", "node", "pot", "project")
    }
    | {("POST /saved-views", "filters")},
    "the number of a form of the node in the address": {("POST /campaigns/{slug}/self-checks/{code}", "corrects")},
}

# What a filter of a list or file names; foreign ones find nothing.
NAMED_IN_QUERIES = {
    "campaign": "slug",
    "id": "donation_id",
    "node": "code",
    "pot": "pot_id",
    "project": "project_id",
    "under": "code",
}

# Names of fields that name nothing of a node: texts, numbers, choices, days, and codes of what the request makes.
PLAIN = frozenset(
    """
    account accounts action actor added_minor address after age_most_days among amount_minor answer answers
    area assessment at at_cap_below_bps at_cap_count average_minor bank bank_account bank_code basis before
    beneficiaries budget budget_row caps caption cause certificate_holder certificate_no certificate_until
    challenge changes channel check_code closes_at code complaints confirm consent consented consented_on
    contact cost_minor count county_minor criterion currency day day_most_count day_most_minor decision
    decrypt_key device_at_cap_count device_donors device_refund_count device_small_count differences document
    document_no donation_minor donations donor donor_day_minor donor_minor donors due_on durations email
    emergency ends_at ends_on evidence expires_at fees_from figure figures file_name filed_at filing_no
    filters finishing_s flushed_on focus_x focus_y format gift_most_minor gifts giver goods_minor handed_on
    happened_on holder hours issued_on key key_id kind large late_s least_bps least_minor level levels lift
    line login lowest_payee management_bps management_most_bps management_source management_year_most_bps
    mark_minor minimum_minor minimum_rating minutes missing mode money_minor most_minor name note notice_s
    number old_valid_until online_bps opens_at order page page_size paid_on parameters partner party password
    payouts people period phone pieces place places plan platform_name platform_url position preview
    privacy_assessed_at privacy_assessment private_key
    project_bps project_minor provider published purpose q quantity raised_minor random rank rapid_count
    rapid_minor rapid_within_s rating ratio_bps reason received received_on recipient reference refund_count
    related remark reply responsible returned_on role rules same_sum_count same_sum_share_bps
    same_sum_within_s scope scopes self_check_s share shared signed_on since slug small_count small_minor
    small_within_s sort source spent_on stake_minor state statement_expected status subject summary surplus
    surplus_rule surplus_to taken_on target_minor task test text theme through tie tier tiers title token
    township_bps tranches types unit unit_count unit_note unit_price_minor unit_share_bps unit_within_s until
    url use_of_funds valid_from value_minor valued_by vouchers way ways_to_give windows with_pots word year
    yes
    """.split()  # noqa: SIM905 - a page of quotes is not read
)
