"""How each rule sees a fault: every function yields the lines of a file that break it."""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from scripts.style.source import Source


def _named(node: ast.AST) -> str:
    """The last word of a name or attribute: `database` in `self._database`."""
    word = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return word.lstrip("_")


TRANSACTION = re.compile(r"\s*(BEGIN|COMMIT|ROLLBACK(?! TO ))\b")
"""A statement that begins or ends one; back to a savepoint it goes on."""


def transactions(source: Source) -> Iterator[int]:
    """Where a transaction begins or ends."""
    for node in source.nodes:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            begins = node.func.attr == "begin" and _named(node.func.value) in {"session", "connection", "engine"}
            if begins or node.func.attr in {"commit", "rollback", "begin_nested"}:
                yield node.lineno
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and TRANSACTION.match(node.value):
            yield node.lineno


PURE_FILES = {"rules.py", "clocks.py"}
PURE_FOLDERS = {"rules", "measures", "projections"}
IMPURE_MODULES = {"time", "random", "secrets", "uuid_utils", "asyncio"}
CLOCKS = {"now", "utcnow", "today"}


def is_pure(source: Source) -> bool:
    """Whether decisions live here."""
    path = PurePosixPath(source.path)
    return source.is_product and (path.name in PURE_FILES or bool(PURE_FOLDERS.intersection(path.parent.parts)))


def impurities(source: Source) -> Iterator[int]:
    """Clocks, chance and waiting."""
    for node in source.nodes:
        match node:
            case ast.Import(names=names) if any(n.name.partition(".")[0] in {*IMPURE_MODULES, "uuid"} for n in names):
                yield node.lineno
            case ast.ImportFrom(module=str(module), names=names):
                made = module == "uuid" and any(n.name != "UUID" for n in names)
                if made or module.partition(".")[0] in IMPURE_MODULES:
                    yield node.lineno
            case ast.Attribute(value=value, attr=attr) if attr in CLOCKS and _named(value) in {"datetime", "date"}:
                yield node.lineno
            case ast.AsyncFunctionDef() | ast.Await():
                yield node.lineno
            case _:
                pass


def broad_handlers(source: Source) -> Iterator[int]:
    """Handlers of everything that do not raise again as their last act."""
    for node in source.nodes:
        if isinstance(node, ast.ExceptHandler):
            kinds = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            catches_all = any(kind is None or _named(kind) in {"Exception", "BaseException"} for kind in kinds)
            if catches_all and not isinstance(node.body[-1], ast.Raise):
                yield node.lineno


def write_sessions(source: Source) -> Iterator[int]:
    """Where a write session is opened, or made to be opened elsewhere."""
    opened = {id(item.context_expr) for node in source.nodes if isinstance(node, ast.AsyncWith) for item in node.items}
    for call in source.nodes:
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "write"):
            continue
        if id(call) in opened or ast.unparse(call.func.value).endswith("database"):
            yield call.lineno


REFUSED_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "service_utils"}


def refused_name(source: Source) -> Iterator[int]:
    """The first line, where the file or its folder is named for nothing."""
    path = PurePosixPath(source.path)
    if REFUSED_NAMES.intersection((path.stem.lower(), path.parent.name.lower())):
        yield 1


VERBS = {"get", "post", "put", "patch", "delete", "api_route"}


def _is_route(decorator: ast.expr) -> bool:
    if not (isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute)):
        return False
    return decorator.func.attr in VERBS and _named(decorator.func.value).endswith(("router", "app"))


def _names_permission(node: ast.AST | None, aliases: frozenset[str]) -> bool:
    """Whether `Depends(allowed(...))` is somewhere in this expression, its public kin, or a name that stands for it."""
    return node is not None and any(
        (isinstance(part, ast.Call) and _named(part.func) in {"allowed", "open_to_everybody"})
        or (isinstance(part, ast.Name) and part.id in aliases)
        for part in ast.walk(node)
    )


def open_routes(source: Source) -> Iterator[int]:
    """Routes that name no permission: not even one that is everybody's."""
    aliases = frozenset(
        target.id
        for node in source.nodes
        if isinstance(node, ast.Assign) and _names_permission(node.value, frozenset())
        for target in node.targets
        if isinstance(target, ast.Name)
    )
    for node in source.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            routes = [d for d in node.decorator_list if _is_route(d)]
            arguments = [*node.args.args, *node.args.kwonlyargs]
            stated = any(_names_permission(a.annotation, aliases) for a in arguments)
            if not stated and not all(_names_permission(d, aliases) for d in routes):
                yield node.lineno


def environment(source: Source) -> Iterator[int]:
    """Where environment variables are read."""
    for node in source.nodes:
        match node:
            case ast.Attribute(value=value, attr="environ" | "getenv") if _named(value) == "os":
                yield node.lineno
            case ast.ImportFrom(module="os", names=names) if {"environ", "getenv"} & {n.name for n in names}:
                yield node.lineno
            case _:
                pass


LONGEST = 300
LONGEST_TEST = 400


def too_long(source: Source) -> Iterator[int]:
    """The last line of a file that is too long."""
    lines = source.text.count("\n")
    if lines > (LONGEST_TEST if source.is_in("tests") else LONGEST):
        yield lines


# In pieces, so that this file does not name what it refuses.
MACHINE = re.compile(
    "|".join(
        [
            r"(?<![\w.~}/-])/" + r"(work|root|Users)\b(?!-)",
            r"(?<![\w.~}/-])/" + r"home/\w",
            r"(?<![\w.~}-])/" + r"tmp/\w",
            r"files\.python" + r"hosted\.org|py" + r"pi\.org/simple|registry\.npm" + r"js\.org",
            r"repo\d?\.maven\." + r"(apache\.)?org|extra-index-" + r"url\s*=|index-" + r"url\s*=",
        ]
    )
)


def machine_words(source: Source) -> Iterator[int]:
    """Lines that name a path or a download address of one machine."""
    for number, line in enumerate(source.text.splitlines(), 1):
        if MACHINE.search(line):
            yield number
