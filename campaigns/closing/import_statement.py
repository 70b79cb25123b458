"""Import a provider's statement from a file."""

from campaigns.audit import record_audit
from kernel.db import Tx
from kernel.errors import Invalid
from payments.bill import read_bill
from payments.partners import known
from payments.statements import FETCHED, store


def import_statement(tx: Tx, provider: str, text: str, actor: str) -> int:
    """Import a partner's daily bill and return how many lines were new. Idempotent.

    `provider` is the partner's name, with or without `partner:`. Raises Invalid `import_invalid` naming every
    invalid row, `statement_by_api` for a provider with an API, Conflict `statement_contradicts` for a line that was
    imported with another amount before, NotFound `partner_unknown`.
    """
    name = provider.removeprefix("partner:")
    if name in FETCHED:
        raise Invalid("statement_by_api")
    known(tx, name)
    added = store(tx, read_bill(name, text))
    record_audit(tx, actor, "statement.import", f"provider:{name}", lines=added)
    return added
