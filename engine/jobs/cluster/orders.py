"""Orders and replies: what a bridge asks a cluster worker to compute of a run, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from engine.jobs.cluster.frames import (
    block_from_bytes,
    block_to_bytes,
    evaluations_from_list,
    evaluations_to_list,
    packed,
    unpacked,
)
from engine.spec import RunSpec, spec_from_json
from engine.store import Checkpoint, Claim, Evaluation, Origin
from engine.trace.block import Block

Verb = Literal["greet", "receive", "begin", "advance", "evaluate"]
Trouble = Literal["", "waits", "fails", "lacks data"]


@dataclass(frozen=True, slots=True)
class Order:
    """One task. `spec` is a run's spec as JSON, `data` the fingerprint of its data set where that is known.

    `greet` asks what the worker is. `begin` asks for the state that an attempt goes on from: that of `origin`, of
    `state`, or the start; `environment` is what an earlier attempt recorded. `advance` asks for at most `k` iterations
    from `state`, with the evaluations that are due before each of them; they end at `rung`, where the splits are
    evaluated. `evaluate` asks for the loss and accuracy of every split at the weights that a run ends with. `receive`
    brings a piece of a `file` of that data set, from its byte `k` on. `code` are files that the spec names, as (path,
    content), for a worker that has not got them yet.
    """

    verb: Verb
    spec: str = ""
    data: str = ""
    state: bytes = b""
    k: int = 0
    rung: int | None = None
    compared: bool = False
    environment: str = ""
    first_iteration: int = 0
    origin: Origin | None = None
    file: str = ""
    code: tuple[tuple[str, bytes], ...] = ()

    def to_bytes(self) -> bytes:
        """The order as a frame."""
        header: dict[str, Any] = {
            name: getattr(self, name)
            for name in ("verb", "spec", "data", "k", "rung", "compared", "environment", "first_iteration", "file")
        }
        header["code"] = [path for path, _ in self.code]
        code = [content for _, content in self.code]
        if self.origin is None:
            return packed(header, self.state, b"", *code)
        origin, saved = self.origin, self.origin.checkpoint
        header["origin"] = {
            "spec": origin.spec.to_json(),
            "iteration": origin.iteration,
            "steps": origin.steps,
            "environment": origin.environment,
            "checkpoint": None if saved is None else saved.iteration,
        }
        return packed(header, self.state, b"" if saved is None else saved.data, *code)

    @classmethod
    def from_bytes(cls, frame: bytes) -> Order:
        """The order in a frame. Raises ValueError for anything else, SpecError for the spec of another version."""
        header, parts = unpacked(frame)
        told = header.pop("origin", None)
        origin = None
        if told is not None:
            at = told["checkpoint"]
            origin = Origin(
                spec=spec_from_json(told["spec"]),
                iteration=told["iteration"],
                checkpoint=None if at is None else Checkpoint(at, parts[1]),
                steps=tuple((iteration, step_size) for iteration, step_size in told["steps"]),
                environment=told["environment"],
            )
        code = tuple(zip(header.pop("code"), parts[2:], strict=True))
        return cls(state=parts[0], origin=origin, code=code, **header)

    @property
    def run_spec(self) -> RunSpec:
        """The spec. Raises SpecError for one that this version cannot read."""
        return spec_from_json(self.spec)


def begin_order(claim: Claim, data: str) -> Order:
    """The first order of an attempt at a claimed run."""
    return Order(
        "begin",
        claim.spec.to_json(),
        data,
        b"" if claim.checkpoint is None else claim.checkpoint.data,
        environment=claim.environment,
        first_iteration=claim.first_iteration,
        origin=claim.origin,
    )


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to an order; `trouble` with its `reason` where it could not be carried out.

    `state` is the run's new state as bytes, `block` and `evaluations` what led to it, and `took_s` the seconds that
    the worker computed. `ending` are the evaluations at the end of the run, or at its rung, where that was reached;
    `stop_reason` says that it ended. `facts` are what the worker is, or what a run has to know before its first
    iteration.
    """

    trouble: Trouble = ""
    reason: str = ""
    state: bytes = b""
    iteration: int = 0
    stop_reason: str = ""
    block: Block | None = None
    evaluations: tuple[Evaluation, ...] = ()
    ending: tuple[Evaluation, ...] = ()
    took_s: float = 0.0
    facts: tuple[tuple[str, Any], ...] = ()

    def to_bytes(self) -> bytes:
        """The reply as a frame."""
        columns, data = block_to_bytes(self.block)
        header = {
            **{name: getattr(self, name) for name in ("trouble", "reason", "iteration", "stop_reason", "took_s")},
            "evaluations": evaluations_to_list(self.evaluations),
            "ending": evaluations_to_list(self.ending),
            "facts": dict(self.facts),
            "block": columns,
        }
        return packed(header, self.state, data)

    @classmethod
    def from_bytes(cls, frame: bytes) -> Reply:
        """The reply in a frame, bit for bit. Raises ValueError for anything else."""
        header, (state, data) = unpacked(frame)
        return cls(
            state=state,
            block=block_from_bytes(header.pop("block"), data),
            evaluations=evaluations_from_list(header.pop("evaluations")),
            ending=evaluations_from_list(header.pop("ending")),
            facts=tuple(header.pop("facts").items()),
            **header,
        )
