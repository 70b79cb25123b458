"""Who may come in, and what each may do."""

import time
from collections.abc import Callable

import pytest

from campaigns.holders import FEDERATION, Holder
from campaigns.network import people, roles, tokens
from campaigns.network.roles import Caller, Permission, Role
from campaigns.rights import may_act
from kernel.db import Database
from kernel.errors import Conflict, Forbidden, Invalid, NotFound

PASSWORD = "correct horse"


def test_a_manager_signs_in_with_login_and_password_and_the_password_is_not_kept(db: Database) -> None:
    with db.transaction() as tx:
        made = people.create_manager(tx, " Wang.Min ", PASSWORD, Role.MANAGER, "seed")
        assert PASSWORD not in made.password_hash
    with db.transaction() as tx:
        caller = people.caller_of(people.sign_in(tx, "wang.min", PASSWORD))
    assert caller == Caller("wang.min", "manager", None, caller.owner, manager_id=caller.manager_id)


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("wang", "wrong horse"),
        ("nobody", PASSWORD),
        ("wang\x00", PASSWORD),
        ("wang", "\ud800"),
        ("wang", "x" * 2_000),
    ],
)
def test_a_wrong_login_and_a_wrong_password_get_the_same_refusal(db: Database, login: str, password: str) -> None:
    with db.transaction() as tx:
        people.create_manager(tx, "wang", PASSWORD, Role.MANAGER, "seed")
    with pytest.raises(Forbidden) as refused, db.transaction() as tx:
        people.sign_in(tx, login, password)
    assert refused.value.code == "sign_in_failed"


@pytest.mark.parametrize("change", [str.swapcase, lambda typed: typed + " ", lambda typed: typed[:-1]])
def test_a_password_counts_as_typed_to_its_last_character(db: Database, change: Callable[[str], str]) -> None:
    """Neither its case nor what stands around it is changed, and what a hash could leave out counts too."""
    chosen = "长密码 Horse " * 10
    with db.transaction() as tx:
        people.create_manager(tx, "wang", chosen, Role.MANAGER, "seed")
        assert people.sign_in(tx, "wang", chosen)
    with pytest.raises(Forbidden) as refused, db.transaction() as tx:
        people.sign_in(tx, "wang", change(chosen))
    assert refused.value.code == "sign_in_failed"


def test_a_manager_without_sense_is_refused_with_every_fault(db: Database) -> None:
    with pytest.raises(Invalid) as refused, db.transaction() as tx:
        people.create_manager(tx, " ", "short", "king", "seed", "9999")
    assert set(refused.value.fields) == {"login", "password", "role", "branch"}


@pytest.mark.parametrize(
    "password",
    [
        "1234567890",
        "0987654321",
        "qwertyuiop",
        "1qaz2wsx3edc",
        "aaaaaaaaaaaa",
        "abababababab",
        "Password2026!",
        "P@ssw0rd123",
        "Luoyang-Cishan-2026",
        "admin123456",
        "woaini5201314",
        "洛阳慈善总会管理员密码",
        "１２３４５６７８９０",
        "wo ai ni 1314520",
        "p-a-s-s-w-o-r-d-2026",
        "ad\u200bmin 1234 5678",
        "4321nimda-drowssap",
    ],
)
def test_a_common_password_is_refused(db: Database, password: str) -> None:
    with pytest.raises(Invalid) as refused, db.transaction() as tx:
        people.create_manager(tx, "wang", password, Role.MANAGER, "seed")
    assert refused.value.fields["password"].code == "common_password"


@pytest.mark.parametrize(
    "password",
    ["4815162342", "manchester", "Manch3ster1", "testpassword123", "jennifer12345", "29.02.1984!", "密码" * 9],
)
def test_a_leaked_password_is_refused(password: str) -> None:
    refused = people.password_fault("wang", password)
    assert refused is not None and refused.code == "common_password"


def test_a_long_password_is_judged_in_time() -> None:
    began = time.process_time()
    assert people.password_fault("wang", "@4$5(3)!1|0" * 90) is None
    assert time.process_time() - began < 3


@pytest.mark.parametrize(
    "password", ["wang.min12345", "my-WANG.MIN-secretly", "1234wang.min", "wangmin-x7Kp2", "Ｗang_Min x7Kp2"]
)
def test_the_login_is_not_in_the_password(db: Database, password: str) -> None:
    with pytest.raises(Invalid) as refused, db.transaction() as tx:
        people.create_manager(tx, "Wang.Min", password, Role.MANAGER, "seed")
    assert refused.value.fields["password"].code == "login_inside"


@pytest.mark.parametrize(
    "password",
    [
        "correct horse",
        "a long enough password",
        "牡丹花开时节动京城了",
        "x7Kp-2mQz_9d",
        " ".join(map(str, range(250))),
    ],
)
def test_other_passwords_are_taken(db: Database, password: str) -> None:
    with db.transaction() as tx:
        assert people.create_manager(tx, "wang", password, Role.MANAGER, "seed").login == "wang"


def test_a_password_has_ten_characters_at_least() -> None:
    refused = people.password_fault("wang", "x7Kp-2mQz")
    assert refused is not None and (refused.code, refused.params["least"]) == ("length_out_of_range", 10)
    assert people.password_fault("wang", "x7Kp-2mQz_") is None


def test_a_new_database_has_no_account_session_or_token(db: Database) -> None:
    with db.snapshot() as tx:
        for table in ("manager", "manager_session", "api_token", "account_link"):
            assert tx.scalar(f"SELECT count(*) FROM {table}") == 0, table


def test_a_login_is_given_once(db: Database) -> None:
    with db.transaction() as tx:
        people.create_manager(tx, "wang", PASSWORD, Role.MANAGER, "seed")
        with pytest.raises(Conflict) as refused:
            people.create_manager(tx, "WANG", PASSWORD, Role.ADMIN, "seed")
    assert refused.value.code == "login_used"


def test_a_token_opens_the_door_until_it_is_revoked_and_only_its_hash_is_kept(db: Database) -> None:
    with db.transaction() as tx:
        token = tokens.create_token(tx, Role.FINANCE, "bank import")
        other = tokens.create_token(tx, Role.AUDITOR, "supervisors")
    with db.transaction() as tx:
        assert token.startswith("bs_")
        assert tokens.caller_of_token(tx, token)[:3] == ("token:bank import", "finance", None)
        assert not tx.scalar("SELECT count(*) FROM api_token WHERE token_hash = :t", t=token)
        row = next(row for row in tokens.list_tokens(tx) if row.label == "bank import")
        tokens.revoke_token(tx, row.id, "admin")
        tokens.revoke_token(tx, row.id, "admin")
    with db.transaction() as tx:
        assert tokens.caller_of_token(tx, token) is None
        assert tokens.caller_of_token(tx, other) is not None
        assert tx.scalar("SELECT count(*) FROM audit_entry WHERE action = 'token.revoke'") == 1


@pytest.mark.parametrize("token", ["", "bs_", "bs_\x00", "\ud800", "bs_" + "A" * 43])
def test_a_made_up_token_has_no_caller(db: Database, token: str) -> None:
    with db.transaction() as tx:
        assert tokens.caller_of_token(tx, token) is None


def test_a_token_without_sense_is_refused_and_an_unknown_one_cannot_be_revoked(db: Database) -> None:
    with db.transaction() as tx:
        with pytest.raises(Invalid) as refused:
            tokens.create_token(tx, "king", "", branch_code="nowhere")
        assert set(refused.value.fields) == {"role", "label", "branch"}
        with pytest.raises(NotFound):
            tokens.revoke_token(tx, 404, "admin")


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        (Role.MANAGER, Permission.FUNDS_WRITE, Permission.PEOPLE_WRITE),
        (Role.REVIEWER, Permission.PROJECTS_APPROVE, Permission.PROJECTS_WRITE),
        (Role.FINANCE, Permission.RECONCILE, Permission.POTS_WRITE),
        (Role.LIAISON, Permission.PROJECTS_WRITE, Permission.PROJECTS_APPROVE),
        (Role.AUDITOR, Permission.READ, Permission.DONATIONS_REFUND),
        (Role.ADMIN, Permission.PEOPLE_WRITE, None),
        ("king", None, Permission.READ),
    ],
)
def test_rights_are_those_of_the_role(role: str, may: Permission | None, may_not: Permission | None) -> None:
    caller = Caller("someone", role)
    if may:
        roles.require(caller, may)
    if may_not:
        with pytest.raises(Forbidden) as refused:
            roles.require(caller, may_not)
        assert refused.value.code == "not_permitted"


def test_rights_end_at_the_branch() -> None:
    county = Caller("li", Role.MANAGER, "410302")
    assert may_act(county, Holder(("4103", "410302", "410302001")))
    assert not may_act(county, Holder(("4103", "410303")))
    assert not may_act(county, FEDERATION)
    assert may_act(Caller("wang", Role.MANAGER), Holder(("4103", "410303")))
