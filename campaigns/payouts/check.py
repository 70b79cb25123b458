"""Promises of payouts: shares got what was allotted, and the rows of remittances equal the books."""

from ledger.chart import SHARES, AccountKind

_LOST = "'planned', 'withdrawn', 'returned'"  # remittances whose money is in its shares, not on its way
_SHARE_OF = {
    AccountKind.SHARE_PROJECT: "project_minor",
    AccountKind.SHARE_TOWNSHIP: "township_minor",
    AccountKind.SHARE_MANAGEMENT: "management_minor",
    AccountKind.SHARE_FEES: "fees_minor",
}
_ALLOTTED = " UNION ALL ".join(
    f"SELECT campaign_id, project_id, '{kind}' AS kind, {_SHARE_OF[kind]} AS minor FROM allotment"
    for kind in SHARES
)

CHECKS = {
    "shares_equal_allotments": f"""
        SELECT format('%s of project %s in campaign %s: %s fen, books %s', kind, project_id, campaign_id,
                      sum(ours), sum(books))
          FROM (SELECT campaign_id, project_id, kind, minor AS ours, 0 AS books FROM ({_ALLOTTED}) AS a
                 UNION ALL
                SELECT l.campaign_id, s.project_id, s.share, -s.amount_minor, 0
                  FROM remittance_part s JOIN remittance r ON r.id = s.remittance_id
                  JOIN payout_plan l ON l.id = r.plan_id WHERE r.state NOT IN ({_LOST})
                 UNION ALL
                SELECT campaign_id, from_project_id, share, -amount_minor, 0 FROM purpose_change
                 UNION ALL
                SELECT campaign_id, to_project_id, share, amount_minor, 0 FROM purpose_change
                 UNION ALL
                SELECT campaign_id, project_id, '{AccountKind.SHARE_PROJECT}', amount_minor, 0 FROM surplus_return
                 UNION ALL
                SELECT campaign_id, project_id, share, -amount_minor, 0 FROM surplus_use
                 UNION ALL
                SELECT campaign_id, to_project_id, share, amount_minor, 0 FROM surplus_use
                 WHERE to_project_id IS NOT NULL
                 UNION ALL
                SELECT campaign_id, project_id, kind, 0, balance_minor FROM share_balance
                 WHERE kind <> '{AccountKind.ALLOTTED}' AND kind <> '{AccountKind.PAYABLE}') AS both_sides
         GROUP BY kind, project_id, campaign_id HAVING sum(ours) <> sum(books)""",
    "allotted_equals_shares": f"""
        SELECT format('project %s in campaign %s: allotted %s fen, books %s', project_id, campaign_id, sum(ours),
                      sum(books))
          FROM (SELECT campaign_id, project_id,
                       project_minor + township_minor + management_minor + fees_minor AS ours, 0 AS books
                  FROM allotment
                 UNION ALL
                SELECT campaign_id, project_id, 0, -balance_minor FROM share_balance
                 WHERE kind = '{AccountKind.ALLOTTED}') AS both_sides
         GROUP BY project_id, campaign_id HAVING sum(ours) <> sum(books)""",
    "payable_equals_remittances": f"""
        SELECT format('project %s in campaign %s: %s fen of remittances on the way, books %s', project_id,
                      campaign_id, sum(ours), sum(books))
          FROM (SELECT l.campaign_id, s.project_id, s.amount_minor AS ours, 0 AS books
                  FROM remittance_part s JOIN remittance r ON r.id = s.remittance_id
                  JOIN payout_plan l ON l.id = r.plan_id WHERE r.state IN ('approved', 'sent')
                 UNION ALL
                SELECT campaign_id, project_id, 0, balance_minor FROM share_balance
                 WHERE kind = '{AccountKind.PAYABLE}') AS both_sides
         GROUP BY project_id, campaign_id HAVING sum(ours) <> sum(books)""",
    "remittances_equal_parts": """
        SELECT format('remittance %s: %s fen, its parts %s', r.id, r.amount_minor, coalesce(sum(s.amount_minor), 0))
          FROM remittance r LEFT JOIN remittance_part s ON s.remittance_id = r.id
         GROUP BY r.id HAVING r.amount_minor <> coalesce(sum(s.amount_minor), 0)""",
    "plans_equal_remittances": """
        SELECT format('payout plan %s: %s fen, its remittances %s', l.id, l.total_minor,
                      coalesce(sum(r.amount_minor), 0))
          FROM payout_plan l LEFT JOIN remittance r ON r.plan_id = l.id
         GROUP BY l.id HAVING l.total_minor <> coalesce(sum(r.amount_minor), 0)""",
}
