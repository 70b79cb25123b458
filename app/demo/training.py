"""The initial data of a training site: the network, an account per role, a fund, and a campaign that runs by
itself."""

from datetime import timedelta

from sqlmodel import select

from app.demo import rehearsal
from app.demo.accounts import COUNTY, LIAISON, LOGIN, REVIEWER, make_accounts
from app.demo.projects import file_for_review, first_place
from campaigns.dependencies import Dependencies
from campaigns.funds import deposits, funds
from campaigns.lifecycle.models import Campaign
from campaigns.network import import_tree, tree_file
from campaigns.network.data import luoyang
from kernel.money import CURRENCY

ACTOR = "seed"
NAME = "演练活动（不是真的）"
_FUND_MINOR = 100_000_00


def seed_training(deps: Dependencies, minutes: int) -> tuple[str, str]:
    """Create the training campaign once, opening soon and open for `minutes`; return a login and the password of
    all accounts, which is derived from SECRET_KEY. Its platform, bank and closing are played as in the demo."""
    password = deps.keys.token("training-password")[3:19]
    with deps.db.transaction() as tx:
        if tx.first(select(Campaign.slug)) is not None:
            return LOGIN, password
        import_tree.import_tree(tx, tree_file.read(luoyang()), ACTOR)
        make_accounts(tx, password, first_place(tx, COUNTY), ACTOR)
        fund = funds.create(tx, "演练基金", "special", ACTOR)
        deposits.deposit(tx, fund, _FUND_MINOR, CURRENCY, "TRAINING-1", ACTOR)
        file_for_review(tx, COUNTY, LIAISON, REVIEWER)
        now = tx.now.replace(microsecond=0)
    rehearsal.prepare(deps, fund, now, timedelta(minutes=minutes), NAME)
    return LOGIN, password
