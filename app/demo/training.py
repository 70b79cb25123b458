"""The initial data of a training site: the network, an account per role, a fund, and a campaign that runs by
itself."""

from datetime import timedelta
from typing import NamedTuple

from sqlmodel import select

from app.demo import rehearsal
from app.demo.accounts import COUNTY_MANAGER, LIAISON, LOGIN, REVIEWER, colleagues, make_accounts, printed_accounts
from app.demo.places import Places, demo_places, places_in
from app.demo.projects import file_for_review
from campaigns.dependencies import Dependencies
from campaigns.funds import deposits, funds
from campaigns.lifecycle.models import Campaign
from campaigns.network import import_tree, tree_file
from campaigns.network.data import luoyang
from campaigns.network.organisations import names_of
from kernel.db import Tx
from kernel.money import CURRENCY

ACTOR = "seed"
NAME = "演练活动（不是真的）"
_FUND_MINOR = 100_000_00


class Access(NamedTuple):
    """How to sign in: a login, the password of all accounts, and the name of the county that two of them are of."""

    login: str
    password: str
    county: str


def seed_training(deps: Dependencies, minutes: int, network: str = "", branch: str | None = None) -> Access:
    """Create the training campaign once, opening soon and open for `minutes`; return how to sign in.

    The password is derived from SECRET_KEY. The campaign's platform, bank and closing are played as in the demo.

    `network` is a copy of the federation's own, as `copy_tree` writes it; the demo's is used instead of one with
    fewer than six villages. The campaign is held in `branch`, if it has villages."""
    password = deps.keys.token("training-password")[3:19]
    with deps.db.transaction() as tx:
        if tx.first(select(Campaign.slug)) is not None:
            return Access(LOGIN, password, _county_name(tx))
        places = _import(tx, network, branch)
        county = names_of(tx, [places.county])[places.county]
        make_accounts(tx, password, colleagues(places.village, places.city, places.county, county), ACTOR)
        fund = funds.create(tx, "演练基金", "special", ACTOR)
        deposits.deposit(tx, fund, _FUND_MINOR, CURRENCY, "TRAINING-1", ACTOR)
        file_for_review(tx, places.in_review, LIAISON, REVIEWER)
        now = tx.now.replace(microsecond=0)
    rehearsal.prepare(deps, fund, now, timedelta(minutes=minutes), NAME, places)
    return Access(LOGIN, password, county)


def _county_name(tx: Tx) -> str:
    accounts = (account for account in printed_accounts(tx) if account.login == COUNTY_MANAGER)
    return next((account.place for account in accounts), "")


def _import(tx: Tx, network: str, branch: str | None) -> Places:
    """Import the network and return the places of the campaign in it."""
    nodes = tree_file.read(network) if network else []
    places = places_in(nodes, branch)
    import_tree.import_tree(tx, nodes if places else tree_file.read(luoyang()), ACTOR)
    return places or demo_places(tx)
