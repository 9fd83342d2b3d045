"""What Python files import, read with `ast`: nothing is run."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Import:
    """One import statement's arrow, e.g. `recommendations.serving.engine` → `recommendations.store`."""

    source: str
    target: str
    path: Path
    line: int
    inside_function: bool

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.source} imports {self.target}"


def python_files(root: Path, package: str) -> list[Path]:
    """Every Python file of the package in the folder `root`, migrations left out."""
    return sorted(path for path in (root / package).rglob("*.py") if "migrations" not in path.parts)


def module_name(root: Path, path: Path) -> str:
    """Dotted name of the file `path`; a package's `__init__.py` has the package's name."""
    parts = list(path.relative_to(root).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(root: Path, package: str) -> list[Import]:
    """Every import in the package: at the top, under TYPE_CHECKING, and inside functions."""
    found: list[Import] = []
    for path in python_files(root, package):
        tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
        source = module_name(root, path)
        for node, inside_function in _import_nodes(tree, False):
            for target in _targets(root, path, source, node):
                found.append(Import(source, target, path.relative_to(root), node.lineno, inside_function))
    return found


def is_within(name: str, package: str) -> bool:
    """True when the dotted `name` is `package` or lies below it."""
    return name == package or name.startswith(f"{package}.")


def is_standard_library(name: str) -> bool:
    """True for a module that ships with Python."""
    return name.partition(".")[0] in sys.stdlib_module_names


def _import_nodes(tree: ast.AST, inside_function: bool) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node, inside_function
        else:
            is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            yield from _import_nodes(node, inside_function or is_function)


def _targets(root: Path, path: Path, source: str, node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    base = node.module or ""
    if node.level:
        parents = source.split(".") if path.name == "__init__.py" else source.split(".")[:-1]
        parents = parents[: len(parents) - (node.level - 1)]
        base = ".".join([*parents, *([node.module] if node.module else [])])
    # `from package import name` means the submodule when there is one of that name.
    return sorted(
        {full if _exists(root, full) else base for full in (f"{base}.{a.name}" for a in node.names)}
    )


def _exists(root: Path, name: str) -> bool:
    place = root.joinpath(*name.split("."))
    return place.is_dir() or place.with_suffix(".py").is_file()
