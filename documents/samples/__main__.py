"""Command line: ``python -m documents.samples --out DIR [--seed N]`` or ``--committed``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from documents.samples.build import VARIANTS, write_many
from documents.samples.catalogue import LAYOUTS
from documents.samples.committed import write_committed
from documents.samples.people import PEOPLE


def main() -> None:
    """Write documents and say how many and how large."""
    parser = argparse.ArgumentParser(prog="python -m documents.samples", description=__doc__)
    parser.add_argument("--out", type=Path, help="folder for the documents and their truth")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--each", type=int, default=1, help="documents per layout and variant")
    parser.add_argument("--layouts", default="", help="comma list of layout names or prefixes")
    parser.add_argument("--variants", default=",".join(VARIANTS))
    parser.add_argument("--committed", action="store_true", help="rewrite documents/samples/files")
    options = parser.parse_args()
    if options.committed:
        paths = write_committed()
    elif options.out:
        prefixes = tuple(options.layouts.split(","))
        paths = write_many(
            options.out,
            [plan for plan in LAYOUTS if plan.name.startswith(prefixes)],
            PEOPLE,
            seed=options.seed,
            each=options.each,
            variants=options.variants.split(","),
        )
    else:
        parser.error("say --out DIR or --committed")
    size = sum(path.stat().st_size for path in paths)
    sys.stdout.write(f"{len(paths)} documents, {size / 1e6:.1f} MB\n")


if __name__ == "__main__":
    main()
