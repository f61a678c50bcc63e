"""Load the synthetic district into a running suite and check what it says: python -m demo --base 8000 --home var."""

import argparse
import asyncio
import signal
import sys
import time
from datetime import datetime
from pathlib import Path

from demo import costs, summary
from demo.client import Refused, Services, Unreachable, open_client
from demo.district import SIZES, District
from demo.lives import TIME_ZONE
from demo.people import NoKeys, Tokens
from demo.progress import Progress
from demo.steps import check, load
from demo.surveys.steps import a_code_to_try
from demo.surveys.summary import print_pages
from demo.truth import OtherDistrictLoaded, truth_path
from demo.watching import watching

_STOPPED = 130
"""As shells say it of a program that was ended with Ctrl-C."""


def main() -> int:
    """0 when reporting says all that was sent, 1 when it does not, 2 when nothing could be loaded, 130 when stopped."""
    asked = _parser().parse_args()
    # A suite starts us deaf to Ctrl-C, because it is deaf itself; but we have to note how far we are.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return _load(asked)
    except KeyboardInterrupt:
        print("\nStopped. What has been sent stays; the same command goes on behind it.", file=sys.stderr)
        return _STOPPED


def _load(asked: argparse.Namespace) -> int:
    try:
        return 0 if asyncio.run(_run(asked)) else 1
    except* (NoKeys, OtherDistrictLoaded, Refused, Unreachable) as problems:
        print(f"Could not load the district: {_first(problems)}", file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--base", type=int, default=8000, help="the services are at base + 1 to base + 4")
    parser.add_argument("--host", default="127.0.0.1", help="where the suite runs (127.0.0.1)")
    parser.add_argument("--home", type=Path, default=Path("var"), help="the suite's folder, which holds its keys (var)")
    parser.add_argument("--size", choices=sorted(SIZES), default="small", help="12 schools, or 1,000 (small)")
    parser.add_argument("--seed", type=int, default=3, help="which district to make up (3)")
    parser.add_argument("--district", default="demo", help="the district's id in the suite (demo)")
    parser.add_argument("--at-once", type=int, default=16, help="how many referrals are sent side by side (16)")
    return parser


async def _run(asked: argparse.Namespace) -> bool:
    # asyncio has answered Ctrl-C with an orderly end by now; a suite that ends says so with SIGTERM.
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))
    began = time.monotonic()
    district = District(asked.district, SIZES[asked.size], asked.seed)
    services = Services.at(asked.host, asked.base)
    path = truth_path(asked.home, asked.district)
    print(f"A synthetic district: {district.size.schools:,} schools, {district.size.students:,} students", flush=True)
    with watching(asked.home, asked.base) as watch:
        tokens = Tokens(asked.home / "keys", asked.district)
        async with open_client(tokens, services, connections=asked.at_once) as client:
            await client.ensure_up()
            progress = Progress(client, watch)
            today = datetime.now(TIME_ZONE).date()
            try:
                truth = await load(client, district, progress, path, today=today, at_once=asked.at_once)
                matches = await check(client, truth, progress, at_once=asked.at_once)
                code = await a_code_to_try(client, truth.surveys)
            finally:  # what a long run took is worth knowing also where its end went wrong
                print(f"\nIt took {time.monotonic() - began:.1f} s; the truth is in {path}")
                costs.print_costs(progress.steps, watch)
    if client.retries:
        print(f"  {client.retries:,} requests were sent again because no answer came")
    summary.print_next(truth, services, str(asked.home))
    if truth.surveys.waves:
        print_pages(truth.surveys, services, code)
    return matches


def _first(problems: BaseExceptionGroup[Exception]) -> BaseException:
    problem: BaseException = problems
    while isinstance(problem, BaseExceptionGroup):
        problem = problem.exceptions[0]
    return problem


if __name__ == "__main__":
    sys.exit(main())
