"""A donor who leaves everything that one can leave, marked so that any trace is recognised; and dumps."""

import base64
import json
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from campaigns.donations.donors.contact import Donor
from campaigns.donations.donors.payer import Payer
from campaigns.donations.questions import ask
from campaigns.donations.receipts.receipt_requests import request_receipt
from campaigns.donations.refunds.refund_requests import request_money_back
from campaigns.intake.registered import subscribe
from campaigns.privacy.own_codes import request_code, require_identity
from campaigns.screening.appeal import file_appeal
from campaigns.screening.freeze import hold_project_match
from payments.outgoing_models import OutgoingType
from payments.partners.partners import create
from tests.closing.partner import tell
from tests.world import SLUG, World

NAME, PHONE, EMAIL = "赵标记甲", "13912345678", "marked.zhao@example.org"
MESSAGE, REFUND_WORDS, APPEAL = "祝标记乡亲平安", "标记点错了", "标记是全家的心意"
QUESTION = "标记的钱到村里了吗"
PLATFORM_NAME = "钱标记乙"
MARKS = (NAME, PHONE, EMAIL, MESSAGE, REFUND_WORDS, APPEAL, QUESTION, PLATFORM_NAME)
DONOR = Donor(name=NAME, phone=f"+86 {PHONE}", email=EMAIL, publish_name=True)


class Left(NamedTuple):
    """The donations of the marked donor: on our page, and on a platform that knows their phone number."""

    own: UUID
    platform: UUID


def give_everything(world: World) -> Left:
    """The marked donor gives twice, asks for their money back, something, a receipt and codes, and appeals; the
    platform is told of what became of its donation."""
    world.do(create, world.deps.keys, "plat", "平台", None)
    types = [str(type_) for type_ in OutgoingType]
    world.do(subscribe, world.deps.keys, "plat", "https://plat.example.org/told", types, "test")
    world.pot(1_000_00, name="pot", donor=50_00)
    own = world.give(40_00, donor=DONOR, message=MESSAGE, visitor="browser-of-zhao")
    world.pay(own)
    donor = {"key": f"+86{PHONE}", "name": PLATFORM_NAME}
    tell(world, "plat", "order-1", 30_00, donor=donor, remark=MESSAGE)
    world.settle()
    platform = world.do(lambda tx: tx.scalar("SELECT id FROM donation WHERE channel = 'partner'"))
    world.do(request_money_back, world.deps.keys, own.id, 1_00, REFUND_WORDS)
    world.do(ask, world.deps.keys, own.id, QUESTION)
    world.do(request_receipt, world.deps.keys, own.id, Payer("person", NAME, "", EMAIL))
    for contact in (PHONE, EMAIL):
        world.do(request_code, world.deps.keys, require_identity(contact))
    world.do(hold_project_match, SLUG, world.projects[0], "many equal gifts", "test")
    case = world.do(lambda tx: tx.scalar("SELECT id FROM screening_case WHERE donation_id = :id", id=own.id))
    world.do(file_appeal, world.deps.keys, case, APPEAL, "donor")
    return Left(own.id, platform)


def dump(world: World) -> str:
    """Every row of every table, as COPY writes it."""
    names = world.do(
        lambda tx: [row.name for row in tx.rows("SELECT relname AS name FROM pg_stat_user_tables ORDER BY 1")]
    )
    driver = world.db.engine.raw_connection()
    try:
        parts = []
        with driver.cursor() as cursor:
            for name in names:
                with cursor.copy(f'COPY "{name}" TO STDOUT') as copy:  # type: ignore[attr-defined]
                    parts += [name.encode(), *map(bytes, copy)]
        return b"\n".join(parts).decode()
    finally:
        driver.close()


def representations(mark: str) -> set[str]:
    """All the ways in which a text could be in a dump."""
    raw = mark.encode()
    return {
        mark,
        json.dumps(mark)[1:-1],
        json.dumps(json.dumps(mark)[1:-1])[1:-1],
        raw.hex(),
        base64.b64encode(raw).decode().rstrip("="),
        "".join(f"%{byte:02X}" for byte in raw),
    }


def traces(text: str, marks: tuple[str, ...] = MARKS) -> list[str]:
    """Which marks a text holds, in any representation."""
    lower = text.lower()
    return [mark for mark in marks if any(form.lower() in lower for form in representations(mark))]


def fresh(world: World, **other: Any) -> Any:
    """The command of another donation of the marked donor."""
    return world.command(40_00, donor=DONOR, id=uuid4(), **other)
