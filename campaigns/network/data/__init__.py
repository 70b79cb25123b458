"""Public data for the demo; the README beside it names the source."""

from pathlib import Path


def luoyang() -> str:
    """Return the four-level tree of Luoyang as CSV text."""
    return (Path(__file__).parent / "luoyang-network.csv").read_text(encoding="utf-8")
