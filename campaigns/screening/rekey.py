"""Update staff contacts and watched donors when donor keys change."""

from collections.abc import Mapping

from kernel.db import Tx


def follow_new_keys(tx: Tx, new_keys: Mapping[str, str]) -> None:
    """Replace the keys of listed donors (old -> new). A donor already listed under the new key stays listed once.
    Their donations are counted and screened again."""
    values = {"old": list(new_keys), "new": list(new_keys.values())}
    for statement in (_STAFF, _STAFF_TWICE, _WATCHED, _DONATIONS):
        tx.run(statement, **values)


# Several old keys may become one; only the oldest entry is changed then.
_STAFF = """
    UPDATE staff_key s SET donor_key = first.new
      FROM (SELECT DISTINCT ON (k.organisation_code, u.new) k.id, u.new
              FROM unnest(CAST(:old AS text[]), CAST(:new AS text[])) AS u(old, new)
              JOIN staff_key k ON k.donor_key = u.old
             WHERE NOT EXISTS (SELECT FROM staff_key t
                                WHERE t.organisation_code = k.organisation_code AND t.donor_key = u.new)
             ORDER BY k.organisation_code, u.new, k.id) AS first
     WHERE s.id = first.id"""

_STAFF_TWICE = """
    DELETE FROM staff_key s USING unnest(CAST(:old AS text[]), CAST(:new AS text[])) AS u(old, new)
     WHERE s.donor_key = u.old"""

# Entries that cannot change keep their old key, which no new donation carries.
_WATCHED = """
    UPDATE watch w SET key = first.new
      FROM (SELECT DISTINCT ON (u.new) k.id, u.new
              FROM unnest(CAST(:old AS text[]), CAST(:new AS text[])) AS u(old, new)
              JOIN watch k ON k.kind = 'donor' AND k.key = u.old AND k.lifted_at IS NULL
             WHERE NOT EXISTS (SELECT FROM watch t
                                WHERE t.kind = 'donor' AND t.key = u.new AND t.lifted_at IS NULL)
             ORDER BY u.new, k.until DESC NULLS FIRST, k.id) AS first
     WHERE w.id = first.id"""

# The job counts newcomers, because it holds the lock for that.
_DONATIONS = """
    INSERT INTO donation_look (donation_id)
    SELECT d.id FROM unnest(CAST(:old AS text[]), CAST(:new AS text[])) AS u(old, new)
      JOIN donation d ON d.donor_key = u.new AND d.paid_at IS NOT NULL ORDER BY 1"""
