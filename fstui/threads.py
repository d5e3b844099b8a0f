"""The one door through which the interface works in threads. What fails in there is said, and never
ends the interface; what nobody waits for any more ends (`engine/cancel.py`)."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Callable
from functools import partial, wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, runtime_checkable

from textual.dom import DOMNode
from textual.worker import Worker, get_current_worker

from engine.cancel import Cancelled, cancelled_by, stop_if_cancelled
from engine.errors import FstuiError, from_os_error
from engine.protocol import safe_text
from fstui import bugs

Given = ParamSpec("Given")
Result = TypeVar("Result")
Node = TypeVar("Node", bound=DOMNode)


@runtime_checkable
class Tells(Protocol):
    """A screen or widget with a place of its own for what went wrong."""

    def problem(self, text: str) -> object:
        """Say in one sentence what is wrong."""


def in_thread(
    *, group: str = "default", exclusive: bool = False
) -> Callable[
    [Callable[Concatenate[Node, Given], None]], Callable[Concatenate[Node, Given], Worker[None]]
]:
    """A method that works in a thread. `exclusive`: the one of its group that was begun before is
    wanted no more."""

    def decorator(
        method: Callable[Concatenate[Node, Given], None],
    ) -> Callable[Concatenate[Node, Given], Worker[None]]:
        @wraps(method)
        def begin(self: Node, /, *args: Given.args, **kwargs: Given.kwargs) -> Worker[None]:
            act = partial(method, self, *args, **kwargs)
            return begin_thread(self, act, group=group, exclusive=exclusive)

        return begin

    return decorator


def begin_thread(
    node: DOMNode, act: Callable[[], object], *, group: str = "default", exclusive: bool = False
) -> Worker[None]:
    """Do something in a thread that ends with a screen or widget, which says what went wrong."""

    def guarded() -> None:
        worker = get_current_worker()
        with cancelled_by(lambda: worker.is_cancelled):
            try:
                if problem := failure_of(act):
                    deliver(node, _say, node, problem)
            except Cancelled:
                return

    return node.run_worker(guarded, thread=True, group=group, exclusive=exclusive)


def failure_of(act: Callable[[], object]) -> str:
    """Do something in a thread; the sentence about what kept it from being done, or "".

    Raises `Cancelled` where nobody waits for either any more.
    """
    problem = ""
    try:
        act()
    except Cancelled:
        raise
    except FstuiError as error:
        problem = str(error)
    except OSError as error:
        problem = str(from_os_error(error, f"working on {error.filename or 'a file'}"))
    except Exception as error:  # a worker's top
        stop_if_cancelled()  # what it was for is gone, so no wonder that it failed
        problem = bugs.told(error)
    if problem:
        stop_if_cancelled()
    return problem


def deliver(node: DOMNode, act: Callable[..., object], *what: Any) -> None:
    """From a thread: call something in the interface's, if anybody still waits for it. Raises
    `Cancelled` otherwise."""
    stop_if_cancelled()
    node.app.call_from_thread(_call, node, act, *what)


def _call(node: DOMNode, act: Callable[..., object], *what: Any) -> None:
    # By the time that the interface comes to this, what a screen is made of may be on its way out.
    if node is node.app or (node.is_attached and node.app.is_running and not node._pruning):
        act(*what)


async def read(node: DOMNode, act: Callable[[], Result]) -> Result | None:
    """What a thread reads for a key, awaited: those that are typed meanwhile count from there. None
    where it can't be read, which the node says."""
    found = list[Result]()
    if problem := await to_thread(failure_of, lambda: found.append(act())):
        _say(node, problem)
        return None
    return found[0]


def _say(node: DOMNode, problem: str) -> None:
    if isinstance(node, Tells):
        node.problem(problem)
    else:
        node.app.notify(safe_text(problem), severity="error", timeout=10, markup=False)
