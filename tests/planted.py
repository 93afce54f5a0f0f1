"""A violation of every border, beside what comes close and is none: small trees for the tests of the borders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tests import borders
from tests.borders import Border

REASONS = "\n| larger | why |\n|---|---|\n| `{}` | it grows by one row a release |\n"


class Planted(NamedTuple):
    """A tree that breaks one border in some files, beside others that come close and do not."""

    border: Border
    guilty: Mapping[str, str]
    innocent: Mapping[str, str]


PLANTED = [
    Planted(
        borders.cycles,
        {
            "tui/low/a.py": "import tui.middle.b",
            "tui/middle/b.py": "from tui.top import c",
            "tui/top/c.py": "def f():\n from tui.low.a import x",
        },
        {"tui/apart/a.py": "import tui.top.c"},
    ),
    Planted(
        borders.engine_knows_no_screen,
        {
            "engine/spec/a.py": "from textual import app",
            "engine/b.py": "def f():\n import tui.chart",
            "engine/c.py": "import plotext",
        },
        {"tui/a.py": "import textual", "engine/d.py": "import textwrap"},
    ),
    Planted(
        borders.logging_needs_only_python,
        {
            "lossboard/run.py": "import numpy",
            "lossboard/wire.py": "def f():\n from engine import store",
            "lossboard/integrations/keras.py": "def f():\n import keras",
        },
        {
            "lossboard/root.py": "import sys, json\nfrom lossboard.wire import x",
            "lossboard/recorder/a.py": "import numpy",
        },
    ),
    Planted(
        borders.only_the_store_speaks_sql,
        {
            "tui/reading/a.py": "import sqlite3",
            "engine/jobs/a.py": "from sqlite_utils import Database",
            "engine/commands/a.py": "f('SELECT loss')",
            "tui/b.py": "x = f'DELETE FROM {table}'",
            "engine/imports/a.py": "import sqlite3",
        },
        {
            "engine/store/a.py": "import sqlite3\nx = 'SELECT 1'",
            "engine/imports/decoding/foreign_sqlite.py": "import sqlite3\nx = 'SELECT 1'",
            "tui/c.py": '"""As a SELECT would."""\nx = "Select a run"',
        },
    ),
    Planted(
        borders.only_jobs_join_numerics_and_store,
        {"engine/commands/a.py": "from engine.store import Store\nfrom engine.strategy import optimize"},
        {
            "engine/jobs/a.py": "import engine.store, engine.strategy",
            "engine/commands/b.py": "import engine.store",
            "engine/commands/c.py": "import engine.strategy\nif TYPE_CHECKING:\n from engine.store import Run",
        },
    ),
    Planted(
        borders.nothing_imports_commands,
        {"engine/jobs/a.py": "from engine.commands import run", "tui/app/a.py": "import engine.commands.options"},
        {"engine/commands/a.py": "from engine.commands import options"},
    ),
    Planted(
        borders.the_screen_computes_no_loss,
        {
            "tui/app/a.py": "def f():\n from engine.objective.objectives import objective",
            "tui/b.py": "from engine import strategy",
        },
        {
            "tui/c.py": "if TYPE_CHECKING:\n from engine.objective.layout import Array",
            "engine/a.py": "import engine.objective",
        },
    ),
    Planted(
        borders.only_reading_reads_the_store,
        {
            "tui/widgets/a.py": "from engine.store import Reader",
            "tui/app/a.py": "def f():\n from engine.store import open_for_reading",
        },
        {"tui/reading/a.py": "from engine.store import Reader", "tui/app/b.py": "from engine.store import Run"},
    ),
    Planted(
        borders.the_screen_writes_nothing,
        {
            "tui/reading/a.py": "from engine.store import open_for_writing",
            "tui/a.py": "import engine.store.write.queue",
        },
        {"tui/b.py": "from engine.store import Run", "engine/jobs/a.py": "from engine.store import Store"},
    ),
    Planted(
        borders.a_reader_never_writes,
        {
            "engine/store/read/a.py": "def f(connection):\n with connection.transaction() as raw: pass",
            "engine/store/read/b.py": "f('PRAGMA journal_mode = WAL')",
            "engine/store/list/c.py": "f(f'DELETE FROM {table}')",
            "engine/store/schema/d.py": "def connect_for_reading(path):\n return _look(path)\n"
            "def _look(path):\n return connect(path, 'mode=rw')",
            "engine/store/e.py": "def open_for_reading(path):\n make_store(path)",
        },
        {
            "engine/store/read/f.py": '"""No INSERT, no BEGIN."""\nf("PRAGMA data_version"), f("SELECT begin_s")',
            "engine/store/write/g.py": "def f(connection):\n with connection.transaction(): f('DELETE FROM runs')",
            "engine/store/schema/h.py": "def connect_for_writing(path):\n make_store(path)\n"
            "def connect_for_reading(path):\n connect(path, 'mode=ro').execute('PRAGMA query_only = ON')",
        },
    ),
    Planted(
        borders.what_opens_for_reading_says_so_to_sqlite,
        {"engine/store/schema/a.py": "def connect_for_reading(path):\n return connect(path, 'mode=ro')"},
        {
            "engine/store/schema/b.py": "def connect_for_reading(path):\n return _look(path)\n"
            "def _look(path):\n connect(path, 'mode=ro').execute('PRAGMA query_only = ON')",
        },
    ),
    Planted(
        borders.values_know_no_widget,
        {
            "tui/model/a.py": "from textual.widgets import Static",
            "tui/presenting/b.py": "def f():\n import tui.widgets.header",
            "tui/view_state/c.py": "from textual.app import App",
        },
        {"tui/model/d.py": "from textual.message import Message", "tui/screens/e.py": "import textual.screen"},
    ),
    Planted(
        borders.only_handlers_change_widgets,
        {
            "tui/app/a.py": "def f(self):\n self.order(lambda: self.tell('done'))",
            "tui/app/b.py": "def f(self):\n def work(): self.title = 'done'\n self.in_thread(work, 'group')",
            "tui/app/c.py": "def f(prompt, self):\n def work(): prompt.dismiss()\n self.run_worker(work, thread=True)",
            "tui/screens/d.py": "class A(Screen):\n def f(self): Thread(target=self._g).start()\n"
            " def _g(self): self._h()\n def _h(self): self.query_one('#a').update('done')",
            "tui/screens/e.py": "class A(Screen):\n @work(thread=True)\n def f(self): self.refresh()",
            "tui/start/f.py": "def f(app):\n def caught(): app.board.paint()\n await_in_thread(caught)",
            "tui/app/g.py": "class A(App):\n def f(self): self._feed.deliver = self._g\n"
            " def _g(self, x): self.board.show(x)",
        },
        {
            "tui/app/h.py": "class A(App):\n def f(self): self._feed.deliver = self._g\n"
            " def _g(self, x): self.post_message(Read(x))",
            "tui/app/i.py": "def f(self):\n def work():\n  found = read(self.path)\n  found.sort()\n"
            "  self.call_from_thread(self.show, found)\n self.in_thread(work, 'group')",
            "tui/screens/j.py": "class A(Screen):\n def on_mount(self): self.query_one('#a').update('')",
        },
    ),
    Planted(
        borders.reading_touches_no_widget,
        {
            "tui/reading/a.py": "from tui.widgets.header import Header",
            "tui/reading/b.py": "from textual.widget import Widget",
        },
        {"tui/app/a.py": "import tui.widgets", "tui/reading/c.py": "import tui.model.snapshot"},
    ),
    Planted(
        borders.screens_know_no_screens,
        {
            "tui/widgets/a.py": "from tui.screens import board",
            "tui/screens/a.py": "def f():\n from tui.screens.board import Board",
        },
        {
            "tui/app/a.py": "import tui.screens.board",
            "tui/screens/board.py": "from tui.screens.keys import Keys\nclass Board(Screen[None]): pass",
            "tui/screens/keys.py": "class Keys: pass",
        },
    ),
    Planted(
        borders.one_file_knows_plotext,
        {"tui/chart/a.py": "import plotext", "tui/widgets/a.py": "import plotext"},
        {"tui/chart/b.py": "x = 'plotext'"},
    ),
    Planted(
        borders.charts_know_no_textual,
        {"tui/chart/a.py": "from textual.strip import Strip", "tui/chart/cells/b.py": "import engine.store"},
        {"tui/widgets/a.py": "import textual, engine.store"},
    ),
    Planted(
        borders.only_the_keymap_builds_bindings,
        {
            "tui/screens/a.py": "BINDINGS = [Binding('q', 'quit')]",
            "tui/app/a.py": "x = textual.binding.Binding('q', 'quit')",
        },
        {"tui/model/keymap.py": "x = Binding('q', 'quit')", "tui/screens/b.py": "x = bindings_of('board')"},
    ),
    Planted(
        borders.private_parts_of_textual_have_one_file,
        {"tui/app/a.py": "from textual._xterm_parser import X", "tui/widgets/a.py": "app._driver.write('')"},
        {
            "tui/terminal/textual_internals.py": "import textual._x\na._driver",
            "tui/app/b.py": "from textual.app import App",
        },
    ),
    Planted(
        borders.dask_has_one_room,
        {"engine/jobs/worker/a.py": "import dask.bag", "tui/a.py": "from distributed import Client"},
        {"engine/jobs/cluster/a.py": "import dask"},
    ),
    Planted(
        borders.every_file_says_what_it_is,
        {f"engine/spec/{name}.py": "" for name in borders.NOTHING_SAYING},
        {"engine/spec/basis.py": ""},
    ),
    Planted(
        borders.packages_hold_names,
        {"tui/a/__init__.py": "def f(): pass", "tui/b/__init__.py": "x = f()", "tui/c/__init__.py": "if x:\n import a"},
        {"tui/d/__init__.py": '"""A room."""\nfrom tui.a import f\n__all__ = ["f"]', "tui/d/e.py": "def f(): pass"},
    ),
    Planted(
        borders.every_room_says_what_it_is_for,
        {"tui/a/__init__.py": "", "engine/b/__init__.py": "import x"},
        {"tui/c/__init__.py": '"""A room."""'},
    ),
    Planted(
        borders.long_files_have_a_reason,
        {"tui/a.py": "\n" * 401, "tests/b.py": "\n" * 500},
        {"tui/c.py": "\n" * 400, "engine/d.py": "\n" * 401, "docs/architecture.md": REASONS.format("engine/d.py")},
    ),
    Planted(
        borders.full_folders_have_a_reason,
        {f"tui/a/{number}.py": "" for number in range(16)},
        {
            **{f"tui/b/{number}.py": "" for number in range(15)},
            **{f"tui/b/c/{number}.py": "" for number in range(16)},
            "docs/architecture.md": REASONS.format("tui.b.c"),
        },
    ),
    Planted(
        borders.no_reason_is_left_over,
        {"docs/architecture.md": REASONS.format("tui/a.py")},
        {"tui/a.py": "\n" * 400},
    ),
    Planted(
        borders.nobody_evaluates_strings,
        {"engine/a.py": "eval('1')", "tui/b.py": "exec('1')", "engine/store/c.py": "import pickle"},
        {"engine/datasets/a.py": "import pickle", "tui/c.py": "model.eval()"},
    ),
]
