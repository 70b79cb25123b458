"""What tests of cancelled events share."""

from campaigns.donations.facts.replay import replay
from tests.world import World


def sound(world: World) -> None:
    world.check()
    assert replay(world.deps, world.slug).differences == ()


def refund_all(world: World) -> int:
    """The provider sends back what was requested, and says so."""
    due = world.do(
        lambda tx: tx.rows("SELECT id, donation_id, amount_minor FROM refund WHERE state = 'requested' ORDER BY id")
    )
    for refund in due:
        world.do(lambda tx, id_=refund.id: tx.run("UPDATE refund SET state = 'sent' WHERE id = :id", id=id_))
        view = world.view(refund.donation_id)
        total = view.refunded_minor + refund.amount_minor
        world.tell("charge.refunded", world.charge(refund.donation_id, total))
    world.settle()
    return len(due)
