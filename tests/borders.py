"""The borders between the rooms: each is a function from a tree of sources to what breaks it there, as `file: what`."""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from tests import rooms, threads

MOST_LINES, MOST_FILES = 400, 15
"""What is read at one sight: lines of a file, files of a folder. What is larger says why in docs/architecture.md."""

COMPUTING = ("engine.objective", "engine.strategy", "engine.analysis")
NOTHING_SAYING = ("utils", "common", "base", "helpers", "misc")
SQL = re.compile(
    r"\b(SELECT|INSERT (OR \w+ )?INTO|UPDATE \w+ SET|DELETE FROM|CREATE (TABLE|INDEX|VIEW|TRIGGER)|PRAGMA)\b"
)
WRITING = re.compile(
    r"\b(INSERT|REPLACE INTO|UPDATE \w+ SET|DELETE FROM|CREATE|ALTER|DROP|BEGIN|VACUUM)\b"
    r"|PRAGMA (?!query_only)\w+ *=|mode=rw"
)
WRITERS = ("transaction", "write_lock", "executescript", "executemany", "bring_up_to_date", "make_store", "set_aside")
"""What opens a transaction, makes or migrates a store, or puts its journal away."""
NAMES_ONLY = ("__all__", "TYPE_CHECKING", "if TYPE_CHECKING:")
TEXTUALS_OWN = ("_compositor", "_driver", "_display", "_background_screens", "_next_callbacks", "_pending_message")
"""Attributes of Textual's apps, screens and pumps that are not for everybody."""


class Tree:
    """The Python files of the packages below a folder, read once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.parsed = {
            str(path.relative_to(root)): ast.parse(path.read_text())
            for package in rooms.PACKAGES
            for path in sorted((root / package).rglob("*.py"))
        }
        self._imported = {file: rooms.imported(module) for file, module in self.parsed.items()}
        self._loaded = {file: rooms.imported(module, types=False) for file, module in self.parsed.items()}

    def files(self, *below: str) -> Iterator[str]:
        """The files below some folders, or all."""
        return (file for file in self.parsed if not below or file.startswith(below))

    def importing(self, names: Iterable[str], below: Iterable[str] = (), *, types: bool = True) -> set[str]:
        """`file: name` of each import of these modules, packages or their names; not those for type checks alone."""
        found = self._imported if types else self._loaded
        return {
            f"{file}: {name}"
            for file in self.files(*below)
            for name in found[file]
            if any(name == each or name.startswith(each + ".") for each in names)
        }

    def nodes(self, file: str) -> Iterator[ast.AST]:
        return ast.walk(self.parsed[file])


Border = Callable[[Tree], set[str]]


def outside(found: set[str], *allowed: str) -> set[str]:
    """What was found in other files than those below some folders."""
    return {each for each in found if not each.startswith(allowed)}


def cycles(tree: Tree) -> set[str]:
    """No room imports from one that imports, directly or not, from it."""
    return {f"{room}: {' '.join(knot)}" for knot in rooms.read(tree.root).knots for room in knot}


def engine_knows_no_screen(tree: Tree) -> set[str]:
    """The engine runs where no screen and none of its libraries is."""
    return tree.importing(["tui", "textual", "rich", "plotext"], ["engine/"])


def logging_needs_only_python(tree: Tree) -> set[str]:
    """What other people's programs load when they log is the standard library and files that need no more."""
    names = ("root", "wire", "values", "failure", "segments", "link", "run", "current", "shim", "tensorboard", "wandb")
    light = (
        *(f"lossboard/{name}.py" for name in (*names, "wandb_run", "steered")),
        "lossboard/integrations/",
        "lossboard/observed/",
    )
    allowed = {file.removesuffix(".py").strip("/").replace("/", ".") for file in light}
    return {
        f"{file}: {name}"
        for file in tree.files(*light)
        for name in rooms.imported(tree.parsed[file])
        if name.partition(".")[0] not in sys.stdlib_module_names and not name.startswith(tuple(allowed))
    }


def only_the_store_speaks_sql(tree: Tree) -> set[str]:
    """SQL, and the libraries that carry it, stand in the store, and in the door to databases of other programs."""
    spoken = {
        f"{file}: line {node.lineno}"
        for file in tree.files()
        for parent in tree.nodes(file)
        if not isinstance(parent, ast.Expr)  # a docstring may speak of it
        for node in ast.iter_child_nodes(parent)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.search(node.value)
    }
    found = spoken | tree.importing(["sqlite3", "sqlite_utils"])
    return outside(found, "engine/store/", "engine/imports/decoding/foreign_sqlite.py")


def only_jobs_join_numerics_and_store(tree: Tree) -> set[str]:
    """A file of the engine that computes and stores is a job."""
    computing = {each.partition(":")[0] for each in tree.importing(COMPUTING, ["engine/"], types=False)}
    return outside(tree.importing(["engine.store"], computing, types=False), "engine/jobs/")


def nothing_imports_commands(tree: Tree) -> set[str]:
    """A command line is the last thing that is put on: only those with a screen stand on those without."""
    lines = ("engine/commands/", "tui/start/", "lossboard/__main__.py")
    return outside(tree.importing(["engine.commands", "tui.start.cli"]), *lines)


def the_screen_computes_no_loss(tree: Tree) -> set[str]:
    """Numbers come from the store, or from the engine's jobs in a thread."""
    return tree.importing([*COMPUTING, "engine.datasets"], ["tui/"], types=False)


def only_reading_reads_the_store(tree: Tree) -> set[str]:
    """Elsewhere on the screen the store's records are known, its readers are not."""
    entry_points = [
        "engine.store.Reader",
        "engine.store.open_for_reading",
        "engine.store.read.reader",
        "engine.store.store",
    ]
    return outside(tree.importing(entry_points, ["tui/"]), "tui/reading/")


def the_screen_writes_nothing(tree: Tree) -> set[str]:
    """What the screen wants changed it asks of the engine's jobs."""
    entry_points = ["open_for_writing", "Store", "Queue", "RunWriter", "write"]
    return tree.importing([f"engine.store.{entry_point}" for entry_point in entry_points], ["tui/"])


def a_reader_never_writes(tree: Tree) -> set[str]:
    """Neither readers and lists nor what opens a store for them write, migrate or set the journal mode."""
    parts = tree.files("engine/store/read/", "engine/store/list/")
    reading: list[tuple[str, ast.AST]] = [(file, tree.parsed[file]) for file in parts]
    for file in tree.files("engine/store/"):
        reading += [(file, function) for function in _opening_for_reading(tree.parsed[file])]
    return {f"{file}: {found}" for file, part in reading for found in _writing(part)}


def what_opens_for_reading_says_so_to_sqlite(tree: Tree) -> set[str]:
    """The connection itself refuses to write, whatever it is asked."""
    return {
        f"{file}: {name} without query_only"
        for file in tree.files("engine/store/")
        for name in ["connect_for_reading"]
        if (opening := _opening_for_reading(tree.parsed[file], name))
        and not any("PRAGMA query_only = ON" in ast.unparse(function) for function in opening)
    }


def values_know_no_widget(tree: Tree) -> set[str]:
    """What is read, chosen and made of both for the screen is values; the screen shows them."""
    textual = [f"textual.{part}" for part in ("app", "screen", "widget", "widgets", "containers", "reactive", "worker")]
    below = ["tui/model/", "tui/presenting/", "tui/view_state/"]
    return tree.importing([*textual, "tui.widgets", "tui.screens", "tui.app"], below)


def only_handlers_change_widgets(tree: Tree) -> set[str]:
    """A thread posts messages; whatever else it does to the app's objects is listed, and none of them is a widget."""
    above = ("tui/app/", "tui/screens/", "tui/widgets/", "tui/start/", "tui/headless/")
    return {f"{file}: {found}" for file in tree.files(*above) for found in threads.reached(tree.parsed[file])}


def reading_touches_no_widget(tree: Tree) -> set[str]:
    """What is read is a value, handed over in a message."""
    return tree.importing(["textual", "rich", "tui.widgets", "tui.screens", "tui.app"], ["tui/reading/"])


def screens_know_no_screens(tree: Tree) -> set[str]:
    """Widgets, screens and their parts post messages; the app opens and closes screens."""
    screens = {
        file.removesuffix(".py").replace("/", ".")
        for file in tree.files("tui/screens/")
        for node in tree.nodes(file)
        if isinstance(node, ast.ClassDef) and any(re.search(r"Screen\b", ast.unparse(base)) for base in node.bases)
    }
    return tree.importing(screens, ["tui/widgets/", "tui/screens/"])


def one_file_knows_plotext(tree: Tree) -> set[str]:
    """plotext keeps one figure for the whole process, so one file holds it."""
    files = {each.partition(":")[0] for each in tree.importing(["plotext"])}
    is_fine = len(files) == 1 and all(file.startswith("tui/") for file in files)
    return set() if is_fine else {f"{file}: plotext" for file in files}


def charts_know_no_textual(tree: Tree) -> set[str]:
    """A chart is drawn without a screen."""
    return tree.importing(["textual", "rich", "engine.store", "engine.jobs"], ["tui/chart/"])


def only_the_keymap_builds_bindings(tree: Tree) -> set[str]:
    """The footer, the help and the README are made from or held to one table."""
    built = {
        f"{file}: line {node.lineno}"
        for file in tree.files()
        for node in tree.nodes(file)
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Binding")
    }
    return outside(built, "tui/model/keymap.py")


def private_parts_of_textual_have_one_file(tree: Tree) -> set[str]:
    """A new version of Textual breaks one file at most."""
    named = {
        each
        for each in tree.importing(["textual"])
        if any(part.startswith("_") for part in each.split(": ")[1].split("."))
    }
    touched = {
        f"{file}: {node.attr}"
        for file in tree.files("tui/")
        for node in tree.nodes(file)
        if isinstance(node, ast.Attribute) and node.attr in TEXTUALS_OWN
    }
    return outside(named | touched, "tui/terminal/textual_internals.py")


def dask_has_one_room(tree: Tree) -> set[str]:
    """A cluster is one way of working, and optional."""
    return outside(tree.importing(["dask", "distributed"]), "engine/jobs/cluster")


def every_file_says_what_it_is(tree: Tree) -> set[str]:
    """A file is named by what is in it."""
    return {f"{file}: {Path(file).stem}" for file in tree.files() if Path(file).stem in NOTHING_SAYING}


def packages_hold_names(tree: Tree) -> set[str]:
    """An `__init__` says what its room is for and which names it offers; the work is in files with names."""
    return {
        f"{file}: {_title(node)}"
        for file in tree.files()
        if file.endswith("/__init__.py")
        for node in tree.parsed[file].body
        if not isinstance(node, ast.Import | ast.ImportFrom) and not _is_text(node) and _title(node) not in NAMES_ONLY
    }


def every_room_says_what_it_is_for(tree: Tree) -> set[str]:
    """The first line of a room's `__init__` is its line in docs/architecture.md."""
    files = [file for file in tree.files() if file.endswith("/__init__.py")]
    return {f"{file}: no docstring" for file in files if not ast.get_docstring(tree.parsed[file])}


def long_files_have_a_reason(tree: Tree) -> set[str]:
    """A file past 400 lines is cut, or stands in the table of docs/architecture.md."""
    return {
        f"{file}: {lines} lines" for file, lines in _long_files(tree.root).items() if file not in _reasons(tree.root)
    }


def full_folders_have_a_reason(tree: Tree) -> set[str]:
    """A folder past 15 files is cut, or stands in the table of docs/architecture.md."""
    return {
        f"{room}: {files} files" for room, files in _full_folders(tree.root).items() if room not in _reasons(tree.root)
    }


def no_reason_is_left_over(tree: Tree) -> set[str]:
    """What is small again needs no row in the table."""
    large = {**_long_files(tree.root), **_full_folders(tree.root)}
    return {f"docs/architecture.md: {named}" for named in _reasons(tree.root) if named not in large}


def nobody_evaluates_strings(tree: Tree) -> set[str]:
    """Neither `eval` nor `exec` anywhere, and pickles in no other room than the data sets', behind an allow-list."""
    called = {
        f"{file}: {node.func.id}"
        for file in tree.files()
        for node in tree.nodes(file)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("eval", "exec")
    }
    return called | outside(tree.importing(["pickle", "marshal", "shelve"]), "engine/datasets/")


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _title(node: ast.stmt) -> str:
    """The name that a statement defines, or how it begins."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return node.name
    return ast.unparse(node.targets[0] if isinstance(node, ast.Assign) else node).partition("\n")[0]


def _opening_for_reading(module: ast.Module, *names: str) -> list[ast.FunctionDef]:
    """The functions of a file that open a store for reading, and those beside them that they call."""
    functions = {node.name: node for node in module.body if isinstance(node, ast.FunctionDef)}
    found: dict[str, ast.FunctionDef] = {}
    ahead = [name for name in names or ("connect_for_reading", "open_for_reading") if name in functions]
    while ahead:
        name = ahead.pop()
        found[name] = functions[name]
        called = {node.id for node in ast.walk(functions[name]) if isinstance(node, ast.Name)}
        ahead += sorted(called & functions.keys() - found.keys())
    return list(found.values())


def _writing(part: ast.AST) -> Iterator[str]:
    """The strings and the names in a part of a file that write."""
    told = {node.value for node in ast.walk(part) if isinstance(node, ast.Expr)}  # docstrings
    for node in ast.walk(part):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in told:
            if written := WRITING.search(node.value):
                yield written[0]
        elif isinstance(node, ast.Name | ast.Attribute):
            name = node.id if isinstance(node, ast.Name) else node.attr
            if name in WRITERS:
                yield name


def _python_files(root: Path) -> Iterator[Path]:
    return (path for top in (*rooms.PACKAGES, "tests", "bench") for path in (root / top).rglob("*.py"))


def _long_files(root: Path) -> dict[str, int]:
    lines = {str(path.relative_to(root)): path.read_text().count("\n") for path in _python_files(root)}
    return {file: count for file, count in lines.items() if count > MOST_LINES}


def _full_folders(root: Path) -> dict[str, int]:
    files = Counter(".".join(path.relative_to(root).parent.parts) for path in _python_files(root))
    return {room: count for room, count in files.items() if count > MOST_FILES}


def _reasons(root: Path) -> set[str]:
    """What has a row in the table: files as paths, folders as rooms."""
    page = root / "docs" / "architecture.md"
    table = page.read_text().partition("\n| larger |")[2].partition("\n\n")[0] if page.exists() else ""
    return set(re.findall(r"^\| `([^`]+)` \| \S", table, re.MULTILINE))
