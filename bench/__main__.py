"""Measure, and keep the results: `python -m bench`, with `--quick` in a few minutes instead of an hour.

    python -m bench [--quick] [LINE …]     measure all lines, or those named, and print them
    python -m bench compare                print the results that are kept in bench/results

What is measured in full is kept, line by line.
"""

import argparse
import logging
import warnings
from collections.abc import Callable

warnings.simplefilter("ignore")  # before the imports below: what Connexion imports warns of its own future

from bench import memory, plots, results  # noqa: E402 -- see above
from bench.frame import line as frame  # noqa: E402 -- see above
from bench.lines import create, crowd, growth, hot_lot, mcp, processor_down, search  # noqa: E402 -- see above
from bench.load import rounds, servers  # noqa: E402 -- see above
from bench.load.rounds import Effort  # noqa: E402 -- see above
from bench.results import Line  # noqa: E402 -- see above

LINES: dict[str, Callable[[Effort], Line]] = {
    "frame": frame.measure,
    "search": search.measure,
    "mcp": mcp.measure,
    "create": create.measure,
    "hot-lot": hot_lot.measure,
    "crowd": crowd.measure,
    "growth": growth.measure,
    "processor-down": processor_down.measure,
    "memory": memory.measure,
}


def main() -> None:
    """Measure what is asked for, print it, and keep what was measured in full."""
    asked = _asked()
    if asked.lines == ["compare"]:
        print(results.text(results.load()))
        return
    logging.disable(logging.WARNING)  # the processor would say each time that no money moves
    servers.pin_callers()
    effort = rounds.QUICK if asked.quick else rounds.FULL
    for name in asked.lines or LINES:
        line = LINES[name](effort)
        print(results.text_of(line), flush=True)
        if not asked.quick:
            plots.save(results.keep(line, order=list(LINES)), folder=results.FOLDER)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure, and keep the results.")
    parser.add_argument("lines", nargs="*", choices=[*LINES, "compare"], metavar="LINE")
    parser.add_argument("--quick", action="store_true", help="a few minutes instead of an hour")
    return parser.parse_args()


if __name__ == "__main__":
    main()
