"""The steps of the officers' part: send it where it is missing, wait for reporting, compare and print."""

from demo.client import Client
from demo.progress import Progress
from demo.reading import Seen, wait_until_applied
from demo.training import sending, summary
from demo.training.learning import OWN_RULES
from demo.training.reading import seen_in_registry, seen_in_views
from demo.training.truth import TrainingTruth


async def load_training(client: Client, truth: TrainingTruth, progress: Progress, *, at_once: int) -> None:
    """Send all of it. Raises: Refused, Unreachable."""
    with progress.step("Rules sent", len(OWN_RULES) + 2 + len(truth.agreements), "rules") as step:
        await sending.send_rules(client, truth, looked=step.advance)
    with progress.step("Officers sent", len(truth.officers), "officers") as step:
        await sending.send_officers(client, truth, at_once=at_once, looked=step.advance)
    with progress.step("Activities sent", truth.counts["entries"].total(), "entries") as step:
        await sending.send_activities(client, truth, at_once=at_once, looked=lambda n: step.advance_to(step.done + n))
    with progress.step("Drills sent", truth.counts["drills"].total(), "drills") as step:
        await sending.send_drills(client, truth, at_once=at_once, looked=step.advance)


async def check_training(client: Client, truth: TrainingTruth, progress: Progress, *, at_once: int) -> bool:
    """Wait for reporting and print what the suite says of the officers; whether all of it is exactly as planted."""
    with progress.step("Officers' views caught up", truth.counts["entries"].total(), "entries") as step:

        async def look() -> Seen:
            seen = await seen_in_views(client, truth)
            step.advance_to(seen["entries"].total())
            return Seen(seen, is_all=seen == truth.counts)

        lag = await wait_until_applied(client, look)
    with progress.step("Standings asked", len(truth.officers), "officers") as step:
        registry = await seen_in_registry(client, truth, at_once=at_once, looked=step.advance)
    seen = await seen_in_views(client, truth)
    summary.print_standings(truth, seen)
    summary.print_time(truth, seen)
    summary.print_drills(truth, seen)
    summary.print_keys(truth, registry)
    return summary.print_verdict(summary.differences(truth, seen, registry), lag)
