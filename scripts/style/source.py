"""One file of the repository, as the rules see it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Source:
    """One file of the repository."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax tree. Raises: SyntaxError."""
        return ast.parse(self.text)

    @property
    def nodes(self) -> Iterator[ast.AST]:
        """Every node of the tree."""
        return ast.walk(self.tree)

    @property
    def is_python(self) -> bool:
        """Whether it can be read as a syntax tree."""
        return self.path.endswith(".py")

    def is_in(self, *folders: str) -> bool:
        """Whether it lies beneath one of these folders of the repository."""
        return self.path.partition("/")[0] in folders

    @property
    def is_product(self) -> bool:
        """Whether it runs in a service."""
        return self.is_python and self.is_in("shared", "services")
