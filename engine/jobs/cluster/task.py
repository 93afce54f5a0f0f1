"""Task: what a cluster worker carries out. One function, from bytes to bytes; it knows no cluster and no store."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from functools import lru_cache

from engine.datasets import DataError, cache, fingerprint, load
from engine.jobs.cluster.chunk import chunk, evaluated
from engine.jobs.cluster.likeness import facts
from engine.jobs.cluster.orders import Order, Reply
from engine.jobs.cluster.sending import find_sent, receive
from engine.jobs.worker.data_check import check_data
from engine.jobs.worker.forking import first_state
from engine.own_code.failures import where
from engine.own_code.loading import NotTrusted, provide
from engine.spec import SpecError, spec_from_json
from engine.strategy import optimize
from engine.strategy.optimize import Optimization
from engine.trace.state import State, state_from_bytes, state_to_bytes

_one_at_a_time = threading.Lock()
"""Objectives share buffers in a process: a worker with several threads computes one order at a time all the same."""


def work(frame: bytes) -> bytes:
    """Carry out the order in a frame; returns the reply as a frame. What goes wrong is told, not raised."""
    with _one_at_a_time:
        try:
            reply = _carried_out(Order.from_bytes(frame))
        except NotTrusted as error:
            reply = Reply("waits", error.message)
        except DataError as error:
            reply = Reply("lacks data", error.message)
        except SpecError as error:
            reply = Reply("fails", error.message)
        except (Exception, SystemExit) as error:
            reply = Reply("fails", where(error))
        return reply.to_bytes()


def _carried_out(order: Order) -> Reply:
    if order.verb == "greet":
        return Reply(facts=tuple(facts().items()))
    if order.verb == "receive":
        receive(order)
        return Reply()
    for path, content in order.code:
        provide(path, content)
    optimization = _optimization(order)
    if order.verb == "begin":
        return _begun(order, optimization)
    started = time.perf_counter()
    state = state_from_bytes(order.state)
    if order.verb == "evaluate":
        ending = evaluated(optimization, state, at_end=True)
        return replace(_reply(state), ending=ending, took_s=time.perf_counter() - started)
    done = chunk(optimization, state, order.k, order.rung, order.compared)
    took_s = time.perf_counter() - started
    return replace(
        _reply(done.state), block=done.block, evaluations=done.evaluations, ending=done.ending, took_s=took_s
    )


def _begun(order: Order, optimization: Optimization) -> Reply:
    """The state that an attempt begins with, after a look whether these are the data that the run began with."""
    check_data(optimization.dataset, order.environment)
    if order.origin is not None:
        state = first_state(order.origin, optimization, lambda: None)
    elif not order.state:
        state = optimization.start()
    else:
        try:
            state = state_from_bytes(order.state)
        except ValueError as error:
            if order.first_iteration:
                raise RuntimeError(f"the state that it goes on from cannot be read: {error}") from error
            state = optimization.start()
    losses = optimization.losses_per_gradient(state)
    known = {
        "data": fingerprint(optimization.dataset),
        "is_numerical": losses > 1,
        "examples_per_iteration": optimization.examples_per_iteration * losses,
        "first_block": optimization.first_block,
        "best_loss": state.best_loss,
    }
    return replace(_reply(state), facts=tuple(known.items()))


def _reply(state: State) -> Reply:
    return Reply(state=state_to_bytes(state), iteration=state.iteration, stop_reason=state.stop_reason)


def _optimization(order: Order) -> Optimization:
    """The optimization of an order's run on the data set that was meant. Raises DataError where it is not here."""
    spec = order.run_spec
    was_sent = spec.has_data and find_sent(spec.dataset, order.data)
    return _built(order.spec, order.data, was_sent, str(cache.folder()))


@lru_cache(maxsize=8)
def _built(spec: str, data: str, _was_sent: bool, _cache_folder: str) -> Optimization:
    """The optimization of a spec, kept: the chunks of a run follow each other in one process."""
    run_spec = spec_from_json(spec)
    if data and data != fingerprint(load(run_spec.dataset)):
        raise DataError(f"the data set {run_spec.dataset} holds other examples here than where it was asked for")
    return optimize.build(run_spec)
