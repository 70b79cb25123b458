"""One donor however the number or the address is typed: everywhere a donor is recognised, by the same function."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaigns.donations.donors.contact import Donor, contact_faults, donor_key
from campaigns.donations.donors.identity import (
    _any_email,
    contact_identity,
    email_identity,
    partner_identity,
    phone_identity,
)
from campaigns.intake.offline_import import import_donations
from campaigns.screening import staff, watch
from kernel.errors import Invalid, Refusal
from tests.closing.partner import tell
from tests.world import ACTOR, World

NOBODY = UUID(int=0)
FORMS = (
    "13800000000",
    "138 0000 0000",
    "138-0000-0000",
    "+8613800000000",
    "+86 138 0000 0000",
    "008613800000000",
    "0086 138 0000 0000",
    "8613800000000",
    "(86)13800000000",
    "(+86) 138 0000 0000",
    "(0086)13800000000",
    "+86 (138) 0000-0000",
    "（８６）138 0000 0000",
    "１３８００００００００",
)
NO_NUMBERS = (
    "99999999999",
    "12345678",
    "66612345",
    "10086",
    "nobody",
    "user13800000000",
    "13800000000 x12",
    "+",
    "",
)
NO_ADDRESSES = ("a@b..cn", "a@b", "a b@c.cn", "@c.cn", "a@", "a@@c.cn", "nobody", "a@-c.cn", "x" * 65 + "@c.cn")


@pytest.mark.parametrize("phone", FORMS)
def test_a_number_in_any_form_is_one_donor(phone: str) -> None:
    identity = phone_identity(phone)
    assert identity is not None
    assert (identity.kind, identity.value) == ("phone", "+8613800000000")
    assert contact_faults(Donor(phone=phone)) == {}


@pytest.mark.parametrize("phone", ["0379-66612345", "(0379) 66612345", "+86 379 66612345", "0086-0379-66612345"])
def test_a_landline_is_one_donor_with_its_area_code(phone: str) -> None:
    identity = phone_identity(phone)
    assert identity is not None
    assert identity.value == "+8637966612345"


def test_numbers_of_other_countries_are_other_donors() -> None:
    hong_kong, home = phone_identity("+852 6123 4567"), phone_identity("+86 13800000000")
    assert hong_kong is not None
    assert home is not None
    assert (hong_kong.hashed_text, home.hashed_text) == ("+85261234567", "13800000000")


@pytest.mark.parametrize("phone", NO_NUMBERS)
def test_an_invalid_phone_number_identifies_no_donor(phone: str) -> None:
    assert phone_identity(phone) is None
    assert not phone or contact_faults(Donor(phone=phone))


@pytest.mark.parametrize("email", NO_ADDRESSES)
def test_an_invalid_email_address_identifies_no_donor(email: str) -> None:
    assert email_identity(email) is None
    assert contact_faults(Donor(email=email))


LOCAL_PARTS = st.text('aZ9_+-.%@"é ', max_size=66)
DOMAINS = st.lists(st.text("aZ9-é", max_size=64), max_size=5).map(".".join)


@given(
    LOCAL_PARTS, DOMAINS | st.sampled_from(["qq.com", "QQ.com", "a.test", "localhost", "xn--fiqs8s.cn", "a@b.cn"])
)
def test_the_short_way_and_the_library_agree(local: str, domain: str) -> None:
    for text in (f"{local}@{domain}", f" {local}@{domain}\n", f"a@{'b' * 60}.{domain * 4}.com"):
        assert email_identity(text) == _any_email(text)


def test_an_address_is_one_donor_in_capitals_and_as_an_international_name() -> None:
    assert email_identity("Li@Example.ORG") == email_identity("li@example.org")
    assert email_identity("li@例子.中国") == email_identity("li@xn--fsqu00a.xn--fiqs8s")
    assert email_identity("li@example.org") != email_identity("wang@example.org")


@pytest.mark.parametrize(
    "email",
    [
        " li@example.org",
        "li@example.org\t",
        "\u3000li@example.org\n",
        "\xa0li@example.org",
        "li＠example.org",
        "ｌｉ＠ｅｘａｍｐｌｅ．ｏｒｇ",
        "li@example。org",
    ],
)
def test_an_address_in_full_width_or_with_spaces_is_the_plain_one(email: str) -> None:
    assert email_identity(email) == contact_identity(email) == email_identity("li@example.org")
    assert contact_faults(Donor(email=email)) == {}
    assert Donor(email=email).contact() == {"email": "li@example.org"}, "as a mail server takes it"


def test_a_platforms_id_with_its_country_code_in_brackets_is_a_number() -> None:
    assert partner_identity("(+86) 138 0000 0000") == phone_identity("13800000000")
    assert partner_identity("(86) 138 0000 0000") is None


@given(st.text(max_size=60))
def test_any_text_has_a_stable_normal_form_or_none(text: str) -> None:
    for identity in (contact_identity(text), partner_identity(text)):
        if identity is not None:
            assert contact_identity(identity.value) == identity, "the normal form is its own normal form"


def test_one_cap_for_all_forms_of_a_number(world: World) -> None:
    world.pot(1_000_00, donor=50_00)
    matched = [world.give(20_00, donor=Donor(phone=phone)).reserved_minor for phone in FORMS[:5]]
    assert matched == [20_00, 20_00, 10_00, 0, 0]
    world.check()


def test_a_wrong_number_and_a_wrong_address_are_refused(world: World) -> None:
    answers = world.try_give(
        world.command(donor=Donor(phone="99999999999")), world.command(donor=Donor(email="a@b..cn"))
    )
    assert [result.code for result in answers if isinstance(result, Refusal)] == ["donor_invalid"] * 2


def test_staff_and_watched_donors_are_found_in_any_form(world: World) -> None:
    listed = world.do(staff.add, world.deps.keys, "41010101", phone="0086 138-0000-0000", actor=ACTOR)
    again = world.do(staff.add, world.deps.keys, "41010101", phone="１３８００００００００", actor=ACTOR)
    assert [entry.donor_key for entry in listed] == [entry.donor_key for entry in again]
    watched = world.do(watch.watch_contact, world.deps.keys, "seen before", ACTOR, phone="(86)13800000000")
    assert watched.key == listed[0].donor_key == donor_key(world.deps.keys, Donor(phone=FORMS[0]), NOBODY, None)
    with pytest.raises(Invalid, match="donor_invalid"):
        world.do(watch.watch_contact, world.deps.keys, "seen before", ACTOR, phone="99999999999")


def test_an_offline_donor_with_a_number_counts_against_the_same_cap(world: World) -> None:
    world.pot(1_000_00, donor=50_00)
    world.pay(world.give(40_00, donor=Donor(phone="13800000000")))
    head = "reference,project_code,amount_yuan,paid_at,donor\n"
    row = "{},P000001,{},2026-09-09T11:30:00+08:00,{}\n"
    rows = row.format("BOX-1", 40, "+86 138 0000 0000") + row.format("13800000000", 7, "")
    world.do(import_donations, world.deps, head + rows, ACTOR)
    world.settle()
    assert world.totals().matched_minor == 40_00 + 10_00 + 7_00, "a reference is no donor's number"
    assert world.totals().donors == 2
    world.check()


def test_a_platforms_own_number_is_no_phone_number(world: World) -> None:
    for number, donor in enumerate(["13800000000", "+8613800000000", "li@example.org", "user-1"]):
        tell(world, "plat", f"D{number}", 10_00, donor={"key": donor})
    world.settle()
    kinds = world.do(
        lambda tx: tx.rows("SELECT left(donor_key, 1) AS kind FROM donation ORDER BY payment_reference")
    )
    assert [row.kind for row in kinds] == ["u", "p", "m", "u"]
