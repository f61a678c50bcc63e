"""The rules as data: a sentence, how a fault is seen, good and bad examples, and who is excused and why."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch

from scripts.style.findings import (
    LONGEST,
    LONGEST_TEST,
    broad_handlers,
    environment,
    impurities,
    is_pure,
    machine_words,
    open_routes,
    refused_name,
    too_long,
    transactions,
    write_sessions,
)
from scripts.style.source import Source


@dataclass(frozen=True)
class Rule:
    """One rule; `find` yields the line of every fault in a file that `where` is true of."""

    name: str
    sentence: str
    where: Callable[[Source], bool]
    find: Callable[[Source], Iterable[int]]
    good: tuple[Source, ...]
    bad: tuple[Source, ...]
    excuses: Mapping[str, str] = field(default_factory=dict)
    """Files, by pattern, that may all the same, and why."""

    def faults(self, source: Source) -> list[int]:
        """The lines of the file's faults; none where it is excused."""
        excused = any(fnmatch(source.path, pattern) for pattern in self.excuses)
        return [] if excused or not self.where(source) else sorted(self.find(source))


def _product(text: str) -> Source:
    return Source("services/a/a/noun/operations.py", text)


def _pure(text: str) -> Source:
    return Source("services/a/a/noun/rules.py", text)


def _routes(text: str) -> Source:
    return Source("services/a/a/noun/routes.py", text)


RULES: tuple[Rule, ...] = (
    Rule(
        "transactions-in-one-place",
        "Only shared/db.py begins and ends transactions: else state and event could part.",
        where=lambda source: source.is_product,
        find=transactions,
        good=(
            _product("await session.execute(insert(table), row)"),
            _product('"Begin: a sentence."'),
            _product("process.begin()"),
            _product('text("ROLLBACK TO SAVEPOINT s")'),
        ),
        bad=(
            _product("await session.commit()"),
            _product("session.rollback()"),
            _product("async with self._engine.begin() as connection: ..."),
            _product('connection.execute("BEGIN IMMEDIATE")'),
            _product('start = f"COMMIT; {x}"'),
        ),
        excuses={
            "shared/db.py": "here",
            "shared/bus/local/*.py": "the embedded bus is a file of its own, not a service's database",
            "services/referral-api/referral_api/students/imports/scratch.py": "a scratch file that is never committed",
        },
    ),
    Rule(
        "decisions-are-pure",
        "Rules, measures and projections see no clock, no chance and await nothing: values are passed in.",
        where=is_pure,
        find=impurities,
        good=(
            _pure("from uuid import UUID\nfrom datetime import date\nx = date(2026, 1, 1)"),
            Source("services/a/a/noun/operations.py", "now = datetime.now(UTC)"),
            Source("services/a/a/measures/rates.py", "def rate(now): return now.today"),
        ),
        bad=(
            _pure("now = datetime.now(UTC)"),
            _pure("today = datetime.date.today()"),
            _pure("import time"),
            _pure("from uuid import uuid4"),
            _pure("import uuid"),
            Source("services/a/a/projections/roster.py", "async def on_event(event): ..."),
            Source("services/a/a/measures/rates.py", "from random import random"),
        ),
    ),
    Rule(
        "nothing-is-swallowed",
        "A handler of every exception raises again as its last act; else a bug looks like success.",
        where=lambda source: source.is_product or source.is_in("demo"),
        find=broad_handlers,
        good=(
            _product("try: f()\nexcept ValueError: pass"),
            _product("try: f()\nexcept BaseException:\n    undo()\n    raise"),
        ),
        bad=(
            _product("try: f()\nexcept Exception: pass"),
            _product("try: f()\nexcept: pass"),
            _product("try: f()\nexcept (OSError, Exception) as error: log(error)"),
        ),
        excuses={
            "services/climate-survey-api/climate_survey_api/administrations/worker.py": "a survey stuck stops no other",
            "services/climate-survey-api/climate_survey_api/results/worker.py": "a survey stuck stops no other",
            "services/referral-api/referral_api/students/imports/worker.py": "an import that fails stops no other",
            "shared/batches.py": "a poisoned event may fail in any way and becomes a dead letter",
            "shared/consumer.py": "what the store refuses may fail in any way and becomes a dead letter",
            "shared/db.py": "a rollback that fails leaves a connection to throw away",
            "shared/telemetry/health.py": "a check fails in whatever way its engine does, and that is its answer",
        },
    ),
    Rule(
        "writing-through-the-dependency",
        "A route writes through the write dependency; only workers open write sessions themselves.",
        where=lambda source: source.is_product,
        find=write_sessions,
        good=(_product("async def f(session: Session): ..."), _product("with open(p) as f: f.write(x)")),
        bad=(
            _product("async def f():\n    async with self._database.write(d) as session: ..."),
            _product("def f():\n    return self._database.write(d)"),
        ),
        excuses={
            "shared/http/*": "the write dependency itself",
            "shared/consumer.py": "one batch, one transaction",
            "shared/relay.py": "deletes what it has published",
            "shared/leases.py": "a lease is taken before anything else may begin",
            "shared/janitor.py": "clears away, a little at a time",
            "shared/migrations.py": "tables are made before anybody serves",
            "shared/dead_letter_tool.py": "a command",
            "shared/key_rotation.py": "a command",
            "shared/testing/*": "tests begin where they like",
            "services/referral-api/referral_api/students/imports/*": "an import runs on after its request is answered",
            "services/referral-api/referral_api/referrals/worker.py": "nobody asks for an alarm",
            "services/referral-api/referral_api/referrals/operations/numbering.py": "nobody is served yet",
            "services/training-registry/training_registry/standing/worker.py": "nobody asks for a day to come",
            "services/climate-survey-api/climate_survey_api/administrations/worker.py": "nobody asks for its window",
            "services/climate-survey-api/climate_survey_api/results/worker.py": "nobody asks for a large count",
            "services/reporting/reporting/rebuild.py": "a command",
            "services/reporting/reporting/rolling.py": "nobody asks for what is rolled",
        },
    ),
    Rule(
        "files-say-what-they-hold",
        "A file named utils, helpers or common holds anything; name what it holds.",
        where=lambda source: source.is_python,
        find=refused_name,
        good=(Source("shared/etags.py", ""),),
        bad=(Source("shared/utils.py", ""), Source("tests/helpers/x.py", ""), Source("services/a/a/common.py", "")),
    ),
    Rule(
        "routes-name-a-permission",
        "Every route of a service names its permission: `Depends(allowed(Permission...))`, or `open_to_everybody`.",
        where=lambda source: source.is_python and source.is_in("services"),
        find=open_routes,
        good=(
            _routes(
                "Reader = Annotated[Caller, Depends(allowed(P.READ))]\n"
                "@router.get('/x')\nasync def get_x(caller: Reader): ..."
            ),
            _routes("@router.get('/x')\nasync def get_x(*, caller: Annotated[Caller, Depends(allowed(P.READ))]): ..."),
            _routes("@router.get('/x', dependencies=[Depends(allowed(P.READ))])\nasync def get_x(): ..."),
            _routes("@router.get('/x', dependencies=[Depends(open_to_everybody(P.VERIFY))])\nasync def get_x(): ..."),
            _routes("def get(self): ...\n@cache.get('/x')\ndef f(): ..."),
        ),
        bad=(
            _routes("@router.get('/x')\nasync def get_x(session: ReadOnlySession): ..."),
            _routes("@router.post('')\ndef post_x(caller: Caller): ..."),
            _routes("@app.delete('/x')\ndef drop(x: Annotated[str, Depends(whoever)]): ..."),
        ),
    ),
    Rule(
        "settings-read-the-environment",
        "Only a settings class reads environment variables: else a setting is undocumented.",
        where=lambda source: source.is_product or source.is_in("demo"),
        find=environment,
        good=(_product("settings.port"), _product("os.path.join(a, b)")),
        bad=(
            _product("os.environ['PORT']"),
            _product("os.getenv('PORT')"),
            _product("from os import environ"),
        ),
        excuses={
            "shared/testing/*": "where a machine keeps its caches is no setting of the product",
        },
    ),
    Rule(
        "files-stay-short",
        f"A file has at most {LONGEST} lines, a test {LONGEST_TEST}: split it by noun or use case.",
        where=lambda source: source.is_python,
        find=too_long,
        good=(_product("x = 1\n" * LONGEST), Source("tests/test_x.py", "x = 1\n" * LONGEST_TEST)),
        bad=(_product("x = 1\n" * (LONGEST + 1)), Source("tests/test_x.py", "x = 1\n" * (LONGEST_TEST + 1))),
    ),
    Rule(
        "no-machine-is-named",
        "No path of one machine and no address to download from: what is committed works anywhere.",
        where=lambda source: True,
        find=machine_words,
        good=(
            Source("README.md", "see docs/rooted/here and https://example.org/root"),
            Source("docker-compose.yml", "tmpfs: [/tmp]"),
            _product("path = Path.home() / 'x'"),
        ),
        bad=(
            Source("README.md", "cd /" + "work/main"),
            Source("Makefile", "x := /" + "root/.cache"),
            Source("x.md", "cat /" + "tmp/file"),
            Source("x.lock", "https://files.python" + "hosted.org/packages/x"),
            Source("x.toml", "index-" + "url = 'https://mirror'"),
        ),
    ),
)
