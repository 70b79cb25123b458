"""What every package is built on. A closed list: add only what two packages need and neither may own (ADR 1).

- `money`, `clock`, `ids`, `keys`, `errors`: amounts in fen, time, ids and hashes, secrets, refusals.
- `db`, `bulk`: transactions, and bulk statements for hot paths.
- `timeouts`, `outage`: how long to wait for the database, and what its failures mean.
- `text`, `strict_json`, `json_reader`: what text can be stored, the one JSON loader, the one reader of its fields.
"""
