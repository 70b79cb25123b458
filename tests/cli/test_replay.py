"""`replay-matching` as a terminal runs it: the proof, and where it fails."""

from kernel.db import Tx
from tests.cli.conftest import Terminal
from tests.world import SLUG, World


def test_all_or_one_campaign_is_replayed(terminal: Terminal, world: World) -> None:
    world.pot(100_00)
    world.pay(world.give(60_00))
    world.give(60_00)
    for args in ((), (SLUG,)):
        assert terminal.ok("replay-matching", *args) == f"{SLUG}: 2 decisions replayed, 0 differences\n"
    terminal.refused("campaign_unknown", "replay-matching", "nowhere")


def test_a_replay_difference_is_printed_and_fails(terminal: Terminal, world: World) -> None:
    world.pot(100_00)
    donation = world.give(60_00)

    def tamper(tx: Tx) -> None:
        tx.run("SET LOCAL session_replication_role = replica")
        tx.run("UPDATE pot_rules SET rules = jsonb_set(rules, '{ratio_bps}', '5000')")

    world.do(tamper)
    result = terminal.run("replay-matching")
    assert result.exit_code == 1
    assert f"{SLUG}: donation {donation.id}, pledge" in result.stdout
    assert result.stdout.endswith("1 decisions replayed, 2 differences\n")
