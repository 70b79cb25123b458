"""PURE. The payer named on a donation receipt: a person, or a company with its unified social credit code."""

import json
import re
from dataclasses import asdict, dataclass
from typing import Literal

from campaigns.donations.donors.identity import email_identity, plain_email
from kernel.errors import Fault, Invalid, fault
from kernel.text import clean_text, text_fault

MOST_TITLE = 100  # characters
# GB 32100-2015: 18 characters without I, O, S, V, Z. The last is a check character, weighted by powers of 3.
_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT_CODE = re.compile(f"[{_CHARACTERS}]{{18}}")


@dataclass(frozen=True, slots=True)
class Payer:
    """The payer's data on a receipt, and the address to send it to."""

    kind: Literal["person", "company"]
    title: str
    tax_id: str
    email: str

    def as_text(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)


NOBODY = Payer("person", "", "", "")  # after an erasure


def payer_of(text: str) -> Payer:
    """Return the payer that `as_text` stored; `NOBODY` for an empty text."""
    return Payer(**json.loads(text)) if text else NOBODY


def read_payer(kind: str, title: str, tax_id: str, email: str) -> Payer:
    """Return a validated payer in the form to store. Raises Invalid `receipt_invalid` that names every wrong
    field."""
    payer = Payer(
        "company" if kind == "company" else "person",
        clean_text(title).strip(),
        re.sub(r"[\s-]", "", clean_text(tax_id)).upper(),
        plain_email(email),
    )
    faults: dict[str, Fault] = {}
    if kind not in ("person", "company"):
        faults["kind"] = fault("not_one_of", options=["person", "company"])
    if refused := text_fault(payer.title, MOST_TITLE):
        faults["title"] = refused
    if email_identity(payer.email) is None:
        faults["email"] = fault("not_an_email")
    if payer.kind == "company" and not is_credit_code(payer.tax_id):
        faults["tax_id"] = fault("not_a_credit_code") if payer.tax_id else fault("required")
    elif payer.kind == "person" and payer.tax_id:
        faults["tax_id"] = fault("only_companies")
    if faults:
        raise Invalid("receipt_invalid", fields=faults)
    return payer


def is_credit_code(text: str) -> bool:
    """Return whether this is a unified social credit code (统一社会信用代码) with a correct check character."""
    if _CREDIT_CODE.fullmatch(text) is None:
        return False
    total = sum(_CHARACTERS.index(char) * pow(3, place, 31) for place, char in enumerate(text[:17]))
    return _CHARACTERS.index(text[17]) == (31 - total % 31) % 31
