"""The process that draws one paper: a job as JSON on its standard input, the PNG or PDF on its standard output.

A process of its own for each paper, as Typst keeps what it made as long as its process lives. It imports nothing of
ours, so that it starts quickly.
"""

import json
import os
import resource
import sys
from datetime import UTC, datetime

import typst

_MOST_MEMORY = 2_000_000_000  # bytes of address space, most of it mapped and never touched
_MOST_CPU_S = 10


def main() -> None:
    """Draw what the job says: `template` below `root`, with `values` that it reads as data, in `format`."""
    os.nice(10)  # donors go first
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (_MOST_CPU_S, _MOST_CPU_S))
    job = json.load(sys.stdin.buffer)
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=job["fonts"])
    drawn = typst.compile(
        f"{job['root']}/{job['template']}.typ",
        root=job["root"],
        font_paths=fonts,
        ignore_system_fonts=True,
        format=job["format"],
        ppi=job["ppi"],
        sys_inputs={"values": json.dumps(job["values"])},
        timestamp=datetime.fromtimestamp(job["at"], UTC),
    )
    sys.stdout.buffer.write(drawn)


if __name__ == "__main__":
    main()
