"""Questions that are put together once and asked often: what they are made of is not looked at again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select
from sqlalchemy.engine import Dialect

from shared.db import ReadSession, driver


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement as the driver takes it, and the names of its values in their order.

    Measured for a question about a district, whose answer takes PostgreSQL 0.4 ms: 0.9 ms of Python each time to put it
    together and look it up in SQLAlchemy's cache, and 10 us for every row of its result, against 0.2 ms and 1 us.
    """

    statement: str
    names: Sequence[str]

    async def rows(self, session: ReadSession, values: Mapping[str, object]) -> Sequence[Any]:
        """The rows, for these values, as the driver has them: like tuples, and tuples are what a part of one is."""
        raw = await driver(session)
        given = [values[name] for name in self.names]
        if session.dialect.name == "postgresql":
            found: Sequence[Any] = await raw.fetch(self.statement, *given)
        else:
            found = await raw.execute_fetchall(self.statement, given)
        return found


def prepare(question: Select[*tuple[Any, ...]], dialect: Dialect) -> Prepared:
    """The question in a dialect's words; its parameters keep their names."""
    compiled = question.compile(dialect=dialect)
    return Prepared(str(compiled), tuple(compiled.positiontup or ()))
