"""Names that a module uses, read from its source: for tests of which code may reach which."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[1]
FLOORS = ("app", "identity", "approvals")


@dataclass(frozen=True, order=True)
class Symbol:
    """A function, class or constant of a module, by its name there."""

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


class Module:
    """A module's imports, and its own symbols with the syntax that defines each."""

    def __init__(self, name: str, tree: ast.Module) -> None:
        self.name = name
        self.tree = tree
        self.definitions = dict(_definitions(tree))

    @cached_property
    def imports(self) -> dict[str, tuple[str, str | None]]:
        """Return what each imported name stands for: a module, or a symbol of one."""
        found: dict[str, tuple[str, str | None]] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                for each in node.names:
                    found[each.asname or each.name] = (node.module, each.name)
            elif isinstance(node, ast.Import):
                for each in node.names:
                    found[each.asname or each.name.split(".")[0]] = (each.name, None)
        return found


class Code:
    """The modules of the three floors, and which symbols each symbol uses."""

    def __init__(self) -> None:
        self.modules = {
            name: Module(name, ast.parse(path.read_text()))
            for floor in FLOORS
            for path in (ROOT / floor).rglob("*.py")
            for name in [_module_name(path)]
        }

    def symbols(self) -> Iterator[tuple[Symbol, ast.stmt]]:
        """Return each symbol with its definition."""
        for module in self.modules.values():
            for name, node in module.definitions.items():
                yield Symbol(module.name, name), node

    def uses(self, symbol: Symbol) -> set[Symbol]:
        """Return the symbols whose names occur in the definition of this one."""
        module = self.modules[symbol.module]
        found: set[Symbol] = set()
        for node in ast.walk(module.definitions[symbol.name]):
            if isinstance(node, ast.Name):
                found.update(self._named(module, node.id))
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                found.update(self._attribute(module, node.value.id, node.attr))
        return found

    def reaching(
        self, roots: set[Symbol], *, beyond: frozenset[Symbol] = frozenset()
    ) -> dict[Symbol, Symbol]:
        """Return the symbols that use a root, themselves or through others: each with the next.

        Users of the symbols in `beyond` are not followed.
        """
        users: dict[Symbol, set[Symbol]] = {}
        for symbol, _ in self.symbols():
            for used in self.uses(symbol):
                users.setdefault(used, set()).add(symbol)
        found: dict[Symbol, Symbol] = {}
        waiting = list(roots)
        while waiting:
            used = waiting.pop()
            for user in users.get(used, ()):
                if user not in found and user not in beyond:
                    found[user] = used
                    waiting.append(user)
        return found

    def _named(self, module: Module, name: str) -> Iterator[Symbol]:
        if name in module.definitions:
            yield Symbol(module.name, name)
        elif name in module.imports:
            yield from self._imported(*module.imports[name])

    def _attribute(self, module: Module, name: str, attribute: str) -> Iterator[Symbol]:
        """Return the symbol of `name.attribute` where `name` is an imported module."""
        if name not in module.imports or name in module.definitions:
            return
        origin, imported = module.imports[name]
        target = origin if imported is None else f"{origin}.{imported}"
        if target in self.modules or imported is None:
            yield from self._imported(target, attribute)

    def _imported(self, origin: str, name: str | None) -> Iterator[Symbol]:
        """Return the symbol that an import names, where it is defined and not only passed on."""
        module = self.modules.get(origin)
        if name is None:
            return
        if module is None or name in module.definitions:
            yield Symbol(origin, name)
        elif (passed_on := module.imports.get(name, (origin, name))) != (origin, name):
            yield from self._imported(*passed_on)
        # Else it is a module as a whole: `_attribute` follows what is used of it.


def _module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _definitions(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name, node
        elif isinstance(node, ast.Assign):
            yield from ((each.id, node) for each in node.targets if isinstance(each, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id, node
