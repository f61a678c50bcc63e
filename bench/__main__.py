"""`python -m bench [name...] [--quick]`: measure, print, and write the table. Exits with 1 when a figure is missed."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext

from bench.activities import activities
from bench.answering import answering
from bench.catching_up import catching_up
from bench.closing import closing
from bench.consumer import consumer
from bench.engines import engines, in_one_process
from bench.figures import Figure, machine, write_results
from bench.importing import importing
from bench.posting import posting
from bench.relay import relay
from bench.rest import rest
from bench.standing import standing
from bench.views import views
from bench.visible import visible

BENCHES: Mapping[str, Callable[..., Sequence[Figure]]] = {
    "relay": relay,
    "consumer": consumer,
    "posting": posting,
    "visible": visible,
    "rest": rest,
    "importing": importing,
    "catching_up": catching_up,
    "views": views,
    "standing": standing,
    "activities": activities,
    "answering": answering,
    "closing": closing,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benches asked for, all if none is named."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*BENCHES, []], metavar="name", help=", ".join(BENCHES))
    parser.add_argument("--quick", action="store_true", help="tiny sizes: to see that it runs; nothing is written down")
    asked = parser.parse_args(arguments)
    print(machine(), flush=True)
    figures = [figure for name in asked.names or BENCHES for figure in _run(name, quick=asked.quick)]
    return 0 if asked.quick or all(figure.passed for figure in figures) else 1


def _run(name: str, *, quick: bool) -> Sequence[Figure]:
    # Engines of its own: what one bench has left on the bus, a service of the next would read first.
    with engines() as started, in_one_process() if quick else nullcontext():
        figures = BENCHES[name](started, quick=quick)
    for figure in figures:
        print(
            f"{'pass' if figure.passed else 'FAIL'}  {figure.bench}: {figure.ours}; reference {figure.reference};"
            f" ratio {figure.ratio}, asked for {figure.asked}",
            flush=True,
        )
    if not quick:
        write_results(figures, "make bench")
    return figures


if __name__ == "__main__":
    sys.exit(main())
