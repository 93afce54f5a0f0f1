"""Script facts: what is told of a script run beside what is told of every run, as labels and texts."""

from __future__ import annotations

import json
from typing import Any

from engine.spec import as_text
from engine.store.records.runs import Run
from engine.text import clean, counted

LONGEST = 500
KEYS = {"how", "metrics", "step", "example"}


def script_lines(run: Run, scraped: str = "") -> list[tuple[str, str]]:
    """A script's command, where and how it is started, and what was read from its output, as (label, text) lines."""
    spec = run.script
    if spec is None:
        return []
    lines = [("command", clean(spec.text, LONGEST)), ("started in", clean(spec.folder, LONGEST))]
    variables = " ".join(f"{clean(name, 60)}={clean(value, 100)}" for name, value in spec.variables.items())
    values = ", ".join(f"{clean(name, 60)} {clean(as_text(value), 60)}" for name, value in spec.values.items())
    lines += [("values", values)] * bool(values) + [("variables", variables)] * bool(variables)
    lines += [("scrape", clean(pattern, 200)) for pattern in spec.patterns]
    if spec.pool:
        lines.append(("slot", f"{clean(run.slot, 40)} of {spec.pool}" if run.slot else f"one of {spec.pool}"))
    if run.attempt > 1 or spec.retries:
        lines.append(
            ("attempt", f"{run.attempt}; {counted(spec.retries, 'retry').replace('retrys', 'retries')} at most")
        )
    for found in understood(scraped):
        named = ", ".join(clean(str(name), 60) for name in found["metrics"][:20])
        step = f", step from {clean(str(found['step']), 30)!r}" if found["step"] else ", steps counted"
        lines.append(("read from output", f"{named} ({clean(str(found['how']), 40)}{step})"))
        lines.append(("", clean(f"such as: {found['example']}", LONGEST)))
    return lines


def script_as_dict(run: Run, scraped: str) -> dict[str, Any]:
    """The same as a JSON object; {} for another run."""
    if run.script is None:
        return {}
    return {
        "command": list(run.script.command),
        "command_text": run.script.text,
        "folder": run.script.folder,
        "values": dict(run.script.values),
        "variables": dict(run.script.variables),
        "scraped": understood(scraped),
    }


def understood(scraped: str) -> list[dict[str, Any]]:
    """What was read from a script's output, of its stored text; [] where it is damaged."""
    try:
        found = json.loads(scraped or "[]")
    except ValueError:
        return []
    keys = {"how", "metrics", "step", "example"}
    whole = (
        [each for each in found if isinstance(each, dict) and keys <= each.keys()] if isinstance(found, list) else []
    )
    return [each for each in whole if isinstance(each["metrics"], list)]
