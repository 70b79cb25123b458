"""Processor time of processes and their children, from /proc. It is steadier than wall-clock time on a busy
machine."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def _stat(pid: str) -> list[str]:
    """Return the fields of /proc/PID/stat from the third on; empty for a process that has ended."""
    try:
        return (Path("/proc") / pid / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def seconds(*pids: int | None) -> float:
    """Return the processor seconds used so far by these processes and their descendants, including ended
    children."""
    stats = {
        int(pid): cpu_s
        for entry in Path("/proc").iterdir()
        if (pid := entry.name).isdigit() and (cpu_s := _stat(pid))
    }
    family = {pid for pid in pids if pid in stats}
    while more := {pid for pid, stat in stats.items() if int(stat[1]) in family} - family:
        family |= more
    # Fields 14 to 17: user and system time, and those of children that were waited for.
    return sum(sum(int(ticks) for ticks in stats[pid][11:15]) for pid in family) / _TICKS
