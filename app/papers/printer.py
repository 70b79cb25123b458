"""The process that draws one paper: reads a job as JSON from standard input, writes the PNG or PDF to standard
output.

Each paper has its own process, because Typst keeps its results as long as its process lives. The process imports
none of our modules, so that it starts quickly.
"""

import json
import os
import resource
import sys
from datetime import UTC, datetime

import typst

_MOST_MEMORY = 2_000_000_000  # bytes of address space, most of it mapped but never touched
_MOST_CPU_S = 10


def main() -> None:
    """Draw the job: `template` below `root`, which reads `values` as data, in `format`."""
    os.nice(10)  # requests of donors go first
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
