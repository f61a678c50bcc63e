"""How long until a submitted referral is counted in the view, against the bare steps that any such way has.

Load is open: a request is sent when its time has come, whatever became of those before it, and its clock starts then.
Both commits of the reference wait for the disk, as bare commits do; of ours only the request's (docs/decisions/0009).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter
from uuid import uuid4

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from bench.client import Connection
from bench.engines import Engines, apart
from bench.figures import Figure, Turn, at_most
from bench.lives import events
from bench.served import DISTRICT, SCHOOLS, enroll, environment, running, student_id, submission, token
from referral_api.app import MIGRATIONS as REFERRAL_MIGRATIONS
from reporting.app import MIGRATIONS as REPORTING_MIGRATIONS
from reporting.projections.referrals import student_number
from shared.auth import Role
from shared.bus.base import PARTITIONS
from shared.bus.connect import connect
from shared.cloudevents import to_message
from shared.testing.engine import free_port

PER_SECOND = 100
SECONDS = 30
TURNS = 3
TIMES = 3
CONNECTIONS = 40
_PATIENCE_SECONDS = 30.0
_TELL = """
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_notify('visible', NEW.student::text); RETURN NULL; END $$;
CREATE TRIGGER tell AFTER INSERT ON students_referred FOR EACH ROW EXECUTE FUNCTION tell();
"""


def visible(engines: Engines, *, quick: bool) -> Sequence[Figure]:
    """From request to view, 100 referrals per second."""
    count, turns = (20, 1) if quick else (PER_SECOND * SECONDS, TURNS)
    with (
        TemporaryDirectory(prefix="rapport-bench-") as folder,
        engines.database(REFERRAL_MIGRATIONS) as referral_url,
        engines.database(REPORTING_MIGRATIONS) as reporting_url,
        engines.database() as bare_url,
    ):
        keys, port, reporting_port = Path(folder), free_port(), free_port()
        bus_url = engines.broker.url
        told = environment(keys, database_url=referral_url, bus_url=bus_url, port=port)
        told_reporting = environment(keys, database_url=reporting_url, bus_url=bus_url, port=reporting_port)
        apart(enroll, referral_url, keys)
        apart(tell_of_students, reporting_url)
        bearer = token(keys, Role.OFFICER)
        with (
            running(("referral_api", "serve"), told, ready_at=f"http://127.0.0.1:{port}/readyz"),
            running(("reporting", "serve"), told_reporting, ready_at=f"http://127.0.0.1:{reporting_port}/readyz"),
        ):
            apart(submit_and_watch, port, bearer, reporting_url, 0, min(count, 200))
            first = 200
            turned = []
            for _ in range(turns):
                bare = apart(send_and_receive, engines.broker.address, bare_url, count)
                turned.append((bare, apart(submit_and_watch, port, bearer, reporting_url, first, count)))
                first += count
    measured = [Turn(median(bare) * 1000, median(ours) * 1000) for bare, ours in turned]
    slowest = [quantiles(ours, n=100)[98] * 1000 for _, ours in turned]
    slowest_bare = [quantiles(bare, n=100)[98] * 1000 for bare, _ in turned]
    remark = f" (p99 {median(slowest):.1f} ms, reference's {median(slowest_bare):.1f} ms)"
    title = f"request to visible in the view, {PER_SECOND} referrals/s"
    return [at_most(title, measured, TIMES, unit="ms", remark=remark)]


async def tell_of_students(reporting_url: str) -> None:
    """Have the database tell at commit who has become visible: a watcher that looked again and again took a core."""
    connection = await asyncpg.connect(reporting_url)
    await connection.execute(_TELL)
    await connection.close()


async def submit_and_watch(port: int, bearer: str, reporting_url: str, first: int, count: int) -> list[float]:
    """Ours: the seconds from each request's time until its student stands in the view's table.

    Every referral is of another student, so each adds a row of its own to the set of students referred, in the
    transaction that raises the funnel's count.
    """
    numbers = range(first, first + count)
    requests = {number: submission(number, bearer) for number in numbers}
    idle = [await Connection.to(port) for _ in range(CONNECTIONS)]
    sent: dict[int, float] = {}
    awaited: dict[int, int] = {}
    took: dict[int, float] = {}
    all_seen = asyncio.Event()

    def seen(_connection: object, _backend: int, _channel: str, student: object) -> None:
        number = awaited.pop(int(str(student)))
        took[number] = perf_counter() - sent[number]
        if len(took) == count:
            all_seen.set()

    async def submit(number: int, due: float) -> None:
        sent[number] = due
        awaited[student_number(DISTRICT, student_id(number % SCHOOLS, number // SCHOOLS))] = number
        kept = [c for c in reversed(idle) if c.is_open][:1]
        connection = kept[0] if kept else await Connection.to(port)
        idle[:] = [c for c in idle if c.is_open and c is not connection]
        status, body = await connection.ask(requests[number])
        idle.append(connection)
        if status != 201:
            raise RuntimeError(f"{status}: {body.decode()}")

    watching = await asyncpg.connect(reporting_url)
    await watching.add_listener("visible", seen)
    await _in_open_loop(submit, numbers)
    await asyncio.wait_for(all_seen.wait(), _PATIENCE_SECONDS)
    await watching.close()
    return [took[number] for number in numbers]


async def send_and_receive(address: str, database_url: str, count: int) -> list[float]:
    """The reference: the seconds that a commit, produce to consume, and a second commit take for each message."""
    topic = f"bare.{uuid4().hex}"
    bus = connect(f"kafka://{address}", client_id="bench")
    await bus.ensure_topics({topic: PARTITIONS})
    await bus.close()
    messages = [to_message(event, source="referral-api") for event in events(count)]
    arrived = {number: asyncio.get_running_loop().create_future() for number in range(count)}
    took: dict[int, float] = {}
    producer = AIOKafkaProducer(bootstrap_servers=address, acks="all", linger_ms=0)
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=address, group_id=topic, auto_offset_reset="earliest")
    async with asyncpg.create_pool(database_url, min_size=8) as pool, producer, consumer:
        await pool.execute("CREATE TABLE IF NOT EXISTS bare (number int)")

        async def receive() -> None:
            while True:
                for records in (await consumer.getmany(timeout_ms=500)).values():
                    for record in records:
                        arrived[int(dict(record.headers)["number"])].set_result(None)

        async def send(number: int, due: float) -> None:
            message = messages[number]
            headers = [*message.headers, ("number", str(number).encode())]
            await pool.execute("INSERT INTO bare VALUES ($1)", number)
            await producer.send(topic, message.value, message.key, headers=headers)
            await arrived[number]
            await pool.execute("INSERT INTO bare VALUES ($1)", number)
            took[number] = perf_counter() - due

        receiving = asyncio.create_task(receive())
        await _in_open_loop(send, range(count))
        receiving.cancel()
        await asyncio.gather(receiving, return_exceptions=True)
    return [took[number] for number in range(count)]


async def _in_open_loop(act: Callable[[int, float], Awaitable[None]], numbers: Sequence[int]) -> None:
    """Begin each act when its time has come, and return when all have ended."""
    began = perf_counter()
    async with asyncio.TaskGroup() as acts:
        for index, number in enumerate(numbers):
            due = began + index / PER_SECOND
            await asyncio.sleep(max(0.0, due - perf_counter()))
            acts.create_task(_awaited(act(number, due)))


async def _awaited(act: Awaitable[None]) -> None:
    await act
