"""What is made in a thread: in order, ahead of who uses it, and not any more once nobody does."""

import asyncio
import threading
import time
from collections.abc import Iterator

import pytest

from referral_api.students.imports.errors import Interrupted
from referral_api.students.imports.reading import Progress
from referral_api.students.imports.threads import made_in_thread


class Maker:
    """Numbers, each of which takes a moment."""

    def __init__(self, seconds: float = 0.0, *, fails_at: int | None = None) -> None:
        self.seconds = seconds
        self.fails_at = fails_at
        self.made = 0
        self.is_making = False

    def numbers(self) -> Iterator[int]:
        """Up to 99, or to the fault."""
        for number in range(1, 100):
            self.is_making = True
            time.sleep(self.seconds)
            self.is_making = False
            if number == self.fails_at:
                raise ValueError(number)
            self.made = number
            yield number


async def test_all_come_in_order_while_the_next_ones_are_made() -> None:
    maker, ahead = Maker(), []
    async with made_in_thread(Progress(), maker.numbers()) as numbers:
        found = []
        async for number in numbers:
            await asyncio.sleep(0.002)
            ahead.append(maker.made - number)
            found.append(number)
    assert found == list(range(1, 100))
    assert 0 < max(ahead) <= 2


async def test_who_leaves_early_leaves_nothing_behind_and_waits_for_no_more_than_is_being_made() -> None:
    maker, threads = Maker(seconds=0.2), threading.active_count()
    async with made_in_thread(Progress(), maker.numbers()) as numbers:
        async for _ in numbers:
            break
    assert not maker.is_making
    assert maker.made <= 2
    while threading.active_count() > threads:  # it ends by itself
        await asyncio.sleep(0.01)


async def test_a_fault_in_making_is_the_user_s_in_its_turn() -> None:
    found = []
    with pytest.raises(ValueError, match="5"):
        async with made_in_thread(Progress(), Maker(fails_at=5).numbers()) as numbers:
            async for number in numbers:
                found.append(number)
    assert found == [1, 2, 3, 4]


async def test_a_run_that_is_told_to_stop_stops_at_the_next_batch() -> None:
    progress = Progress()
    with pytest.raises(Interrupted):
        async with made_in_thread(progress, Maker().numbers()) as numbers:
            async for number in numbers:
                progress.stopped = number == 3
