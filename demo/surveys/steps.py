"""The steps of the surveys' part: hold the waves that are missing, wait for reporting, compare and print."""

from demo.client import Client
from demo.progress import Progress
from demo.surveys import summary
from demo.surveys.reading import seen_in_surveys, wait_for_surveys
from demo.surveys.sending import AccessCode, items_of_instrument, open_one_to_try, send_wave
from demo.surveys.truth import SurveyTruth


async def load_surveys(client: Client, truth: SurveyTruth, progress: Progress) -> None:
    """Hold every wave. Raises: Refused, Unreachable."""
    if not truth.waves:
        return
    items = await items_of_instrument(client)
    people = sum(unit.people for unit in truth.units)
    for wave in truth.waves:
        with progress.step(f"Survey {wave.name.lower()}", people, "answers") as step:
            await send_wave(client, wave, truth.units, items, step.advance)


async def check_surveys(client: Client, truth: SurveyTruth, school_year: int, progress: Progress) -> bool:
    """Wait for reporting and print what the surveys found; whether it is what was planted."""
    if not truth.waves:
        return True
    sent = truth.sums(await items_of_instrument(client))
    with progress.step("Surveys compared", len(sent), "figures") as step:
        lag = await wait_for_surveys(client, truth, school_year)
        seen = await seen_in_surveys(client, truth, school_year)
        different = summary.differences(truth, sent, seen.view)
        step.advance_to(len(sent))
    found = summary.judgements(truth, seen)
    summary.print_judgements(truth, found)
    figures = sum(not row["suppressed"] for row in seen.view)
    return summary.print_verdict(found, different, figures, lag)


async def a_code_to_try(client: Client, truth: SurveyTruth) -> AccessCode | None:
    """A code that nobody has used; None where no survey is open."""
    return await open_one_to_try(client, truth) if truth.waves else None
