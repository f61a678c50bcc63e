"""The figures that are kept of a row of counters: sums, so that rows can be added up."""

from climate_survey_api.results.measures.layout import Block, CountedItem
from climate_survey_api.results.measures.reliability import alpha_of_complete_cases
from climate_survey_api.results.measures.tally import Counters
from shared.events.surveys import AnswerSums


def answered(row: Counters, block: Block) -> int:
    """How many answered something in a block."""
    if not block.is_scale:
        return answered_item(row, block.items[0])
    return sum(row[block.at : block.at + len(block.items)])


def answered_item(row: Counters, item: CountedItem) -> int:
    """How many answered an item."""
    return sum(row[item.at : item.at + item.highest])


def item_sums(row: Counters, item: CountedItem) -> AnswerSums:
    """The sums of one item. Choices have no favourable side and no mean: these are 0 and say nothing."""
    histogram = tuple(row[item.at : item.at + item.highest])
    n = sum(histogram)
    favorable = sum(histogram[item.least_favorable - 1 :]) if item.is_scored else 0
    points = list(enumerate(histogram, start=1)) if item.is_scored else []
    return AnswerSums(
        n=n,
        answers=n,
        favorable=favorable,
        answers_squares=n,
        favorable_squares=favorable,
        favorable_answers=favorable,
        means=float(sum(point * times for point, times in points)),
        means_squares=float(sum(point * point * times for point, times in points)),
        histogram=histogram,
        complete=n,
        alpha=None,
    )


def scale_sums(row: Counters, block: Block, *, in_full: bool) -> AnswerSums:
    """The sums of a dimension. Without a histogram where its items do not share their points.

    Not in full, it says nothing that one of its items could be worked out from: how the answers are spread over people
    and points, beside the mean of people's own means, tells what the few said who answered an item.
    """
    at, m, items = block.at, len(block.items), block.items
    people, totals, squares = row[at : at + m], row[at + m : at + 2 * m], row[at + 2 * m : at + 3 * m]
    histograms = [row[item.at : item.at + item.highest] for item in items]
    by_item = [(row[at + 3 * m + 2 + place], row[at + 4 * m + 2 + place]) for place in range(m)]
    return AnswerSums(
        n=sum(people),
        answers=sum(answers * times for answers, times in enumerate(people, start=1)),
        favorable=sum(sum(h[item.least_favorable - 1 :]) for item, h in zip(items, histograms, strict=True)),
        answers_squares=sum(j * j * times for j, times in enumerate(people, start=1)) if in_full else None,
        favorable_squares=row[at + 3 * m] if in_full else None,
        favorable_answers=row[at + 3 * m + 1] if in_full else None,
        means=sum(total / answers for answers, total in enumerate(totals, start=1)),
        means_squares=sum(square / (j * j) for j, square in enumerate(squares, start=1)) if in_full else None,
        histogram=tuple(sum(p) for p in zip(*histograms, strict=True)) if in_full and block.points else (),
        complete=people[-1] if in_full else None,
        alpha=alpha_of_complete_cases(people[-1], totals[-1], squares[-1], by_item) if in_full else None,
    )
