"""What functions that run in threads reach besides their own values, read from a file's syntax."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

RUN_IN_THREADS = ("order", "in_thread", "run_worker", "submit", "to_thread", "Thread", "await_in_thread")
"""Calls whose first argument, or `target`, is run in a thread."""

HANDED_OVER = ("post_message", "call_from_thread", "write_from_thread")
"""What a thread may call of an app or a screen: each hands over to the thread of the widgets."""

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def reached(module: ast.Module) -> set[str]:
    """What the threads of a file call, or set, of objects that are not theirs: of `self`, or of an enclosing function.

    Methods of the same file that they call are read as well. What is handed to a thread and stands elsewhere is given
    as it is written.
    """
    functions: dict[str, list[Function]] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            functions.setdefault(node.name, []).append(node)
    shared = _bound(module) | set(dir(builtins))
    found: set[str] = set()
    done: set[str] = set()
    ahead = list(_handed(module))
    while ahead:
        target = ahead.pop()
        written = ast.unparse(target)
        if isinstance(target, ast.Call) and written.startswith("partial("):
            ahead.append(target.args[0])
        elif isinstance(target, ast.Lambda):
            _read(target, shared, found, ahead)
        elif written not in done:
            done.add(written)
            here = functions.get(written.removeprefix("self."), [])
            if not here and written.startswith("self."):
                found.add(written)
            for function in here:
                _read(function, shared, found, ahead)
    return found


def _handed(module: ast.Module) -> Iterator[ast.expr]:
    """What is run in threads: an argument, a feed's `deliver`, a method that Textual's `work` is told to."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in RUN_IN_THREADS:
            yield from node.args[:1]
            yield from (word.value for word in node.keywords if word.arg == "target")
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).endswith(".deliver"):
            yield node.value
        elif isinstance(node, ast.FunctionDef) and any("thread=True" in ast.unparse(at) for at in node.decorator_list):
            yield ast.Name(node.name)


def _read(function: Function, shared: set[str], found: set[str], ahead: list[ast.expr]) -> None:
    """Note what one function calls and sets of others' objects, and which methods beside it are to be read."""
    own = (_bound(function) | shared) - {"self"}
    for node in ast.walk(function):
        called = node.func if isinstance(node, ast.Call) else None
        target = called if called is not None else node
        if not isinstance(target, ast.Attribute) or not (called or isinstance(target.ctx, ast.Store)):
            continue
        root = target.value
        while isinstance(root, ast.Attribute):
            root = root.value
        if not isinstance(root, ast.Name) or root.id in own or (called and target.attr in HANDED_OVER):
            continue
        if called and ast.unparse(target.value) == "self":
            ahead.append(target)
        else:
            found.add(ast.unparse(target))


def _bound(scope: ast.Module | Function) -> set[str]:
    """The names that a scope binds itself: imports, arguments, variables; of a module what stands at its top."""
    nodes = scope.body if isinstance(scope, ast.Module) else list(ast.walk(scope))
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.If):
            names |= {alias.name for each in node.body if isinstance(each, ast.ImportFrom) for alias in each.names}
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.ClassDef | ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return names
