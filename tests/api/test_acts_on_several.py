"""An act that reaches several things from one reaches none of another branch: everything of a donor, two funds."""

from campaigns.donations.donors.contact import Donor
from campaigns.network.tokens import create_token
from tests.api.client import Api, problem
from tests.api.resources import OURS, Resources, foreign, resources
from tests.api.test_rights import Callers, callers
from tests.world import World

__all__ = ["callers", "foreign", "resources"]


def test_a_county_refunds_what_a_donor_gave_to_the_county(api: Api, world: World, callers: Callers) -> None:
    """The donor gave to villages of two counties in the campaign of the city."""
    donor = Donor(email="wang@example.org")
    own, sibling = (
        world.pay(world.give(amount, project=at, donor=donor)) for amount, at in ((50_00, 0), (70_00, 2))
    )
    token = world.do(create_token, "finance", "county", branch_code=OURS)
    path = f"/donations/{own.id}/refund-all-of-donor"
    assert api.get(path, token).get_json()["total_minor"] == 50_00
    page = f"/console{path}"
    shown = callers.call(page, "GET", "finance", OURS).text
    assert "50.00" in shown and "120.00" not in shown
    assert "120.00" in callers.call(page, "GET", "finance", None).text
    made = api.post(path, {"reason": "asked for it"}, token)
    assert made.status_code == 201, made.text
    assert made.get_json()["total_minor"] == 50_00
    refunds = "SELECT donation_id FROM refund"
    assert [row.donation_id for row in world.do(lambda tx: tx.rows(refunds))] == [own.id]
    assert api.post(path, {"reason": "asked for it"}, api.token()).get_json()["total_minor"] == 70_00
    problem(api.get(f"/donations/{sibling.id}/refund-all-of-donor", token), 404, "donation_unknown")


def test_the_page_of_a_transfer_shows_no_fund_of_another_branch(
    resources: Resources, foreign: Resources, callers: Callers
) -> None:
    path = f"/console/funds/{resources.arguments['fund_id']}/transfer"
    chosen = callers.call(f"{path}?to={foreign.arguments['fund_id']}", "GET", "finance", OURS)
    assert chosen.status_code == 200
    assert "只属嵩县" not in chosen.text
    body = {"amount_minor": "1", "reason": "x", "verb": "preview"}
    posted = callers.call_with(f"{path}?to={foreign.arguments['fund_id']}", "POST", "finance", OURS, data=body)
    assert "只属嵩县" not in posted.text
