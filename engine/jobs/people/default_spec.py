"""Default spec: the spec that new runs and sweeps of a store begin with, if one was chosen."""

from __future__ import annotations

from os import PathLike

from engine.spec import RunSpec, SpecError, spec_from_json
from engine.store import Reader, Refused, open_for_writing, uncomputed

SETTING = "usual-spec"


def default_spec(reader: Reader) -> RunSpec | None:
    """The default spec of a store; None when none was chosen or this version cannot read it."""
    text = reader.setting(SETTING)
    try:
        return None if text is None else spec_from_json(text)
    except (SpecError, TypeError):
        return None


def make_default(path: str | PathLike[str], run_id: int) -> str:
    """Make a run's spec the default of its store; returns a sentence. Raises StoreError, Refused for an unreadable
    spec or an unknown run."""
    with open_for_writing(path, create=False) as store:
        run = store.reader().run(run_id)
        if run is not None and run.kind != "engine":
            raise Refused(f"{uncomputed(run)} What new runs begin with was not changed.")
        if run is None or run.spec is None:
            raise Refused(f"The spec of run {run_id} cannot be read; what new runs begin with was not changed.")
        store.settings.set(SETTING, run.spec.to_json())
    return f"New runs (n) and sweeps (s) begin with the settings of run {run_id} from now on."
