"""Public data that the demo starts from; see the README beside it for its source."""

from pathlib import Path


def luoyang() -> str:
    """The four-level tree of Luoyang as CSV text."""
    return (Path(__file__).parent / "luoyang-network.csv").read_text(encoding="utf-8")
