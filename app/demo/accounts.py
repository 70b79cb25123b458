"""The demo's accounts: one for each role, all with the manager's password."""

from collections.abc import Sequence
from typing import NamedTuple

from campaigns.network import people
from campaigns.network.accounts import list_accounts
from campaigns.network.organisations import names_of
from campaigns.network.roles import Role
from kernel.db import Tx

CITY = "4103"
COUNTY = "410324"  # 栾川县
OTHER_COUNTY = "410325"  # 嵩县
LOGIN = "demo-manager"
EVENT_MANAGER, COUNTY_MANAGER = "demo-event", "demo-county"
REVIEWER, FINANCE, SECOND_FINANCE = "demo-reviewer", "demo-finance", "demo-finance-2"
AUDITOR, LIAISON = "demo-auditor", "demo-liaison"
LOGINS = (EVENT_MANAGER, COUNTY_MANAGER, REVIEWER, FINANCE, SECOND_FINANCE, AUDITOR, LIAISON)


class DemoAccount(NamedTuple):
    """An account as printed at the start: its login, role, and the place that limits its rights."""

    login: str
    role: str
    place: str


class Colleague(NamedTuple):
    """A demo account. `branch`: the code of its node, None for the whole network."""

    login: str
    role: Role
    branch: str | None
    name: str


def colleagues(
    village: str, city: str = CITY, county: str = COUNTY, county_name: str = "栾川县"
) -> tuple[Colleague, ...]:
    """Return the accounts at some places; the liaison's belongs to `village`."""
    return (
        Colleague(LOGIN, Role.ADMIN, None, "演示管理员"),
        Colleague(EVENT_MANAGER, Role.MANAGER, city, "市级活动经理"),
        Colleague(COUNTY_MANAGER, Role.MANAGER, county, f"{county_name}活动经理"),
        Colleague(REVIEWER, Role.REVIEWER, city, "市级评审"),
        Colleague(FINANCE, Role.FINANCE, city, "财务甲"),
        Colleague(SECOND_FINANCE, Role.FINANCE, city, "财务乙"),
        Colleague(AUDITOR, Role.AUDITOR, city, "监事"),
        Colleague(LIAISON, Role.LIAISON, village, "村联络员"),
    )


def make_accounts(tx: Tx, password: str, made: Sequence[Colleague], actor: str) -> None:
    """Create the accounts. The password is hashed once, because hashing is deliberately slow."""
    first = people.create_manager(tx, made[0].login, password, made[0].role, actor, made[0].branch, made[0].name)
    for colleague in made[1:]:
        people.store_manager(
            tx, colleague.login, first.password_hash, colleague.role, actor, colleague.branch, colleague.name
        )


def printed_accounts(tx: Tx) -> list[DemoAccount]:
    """Return the accounts that exist besides the manager's; an older demo has none."""
    accounts = {account.login: account for account in list_accounts(tx)}
    codes = [account.branch_code for account in accounts.values() if account.branch_code]
    names = names_of(tx, codes)
    return [
        DemoAccount(login, accounts[login].role, names.get(accounts[login].branch_code or "", ""))
        for login in LOGINS
        if login in accounts
    ]
