"""The stop signal ends it: soon, by its own doing, and with all that it started."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from dockerlint.knowledge import signals
from imageproof import reach
from imageproof.engine import Container
from imageproof.errors import Skip
from imageproof.outcome import Outcome, failed, listed, passed, plural
from imageproof.processes import started
from imagesize.units import visible

if TYPE_CHECKING:
    from imageproof.processes import Process
    from imageproof.proof import Proof

_WAITS = 1.5  # seconds in which a main process that does not wait for its children has ended
_FREEZES = 1.0  # seconds in which a process that was told so has stopped
_POLL = 0.05
_REAPED = 0.4  # seconds in which a main process takes notice of a child that has ended
_INITS = ("tini", "tini-static", "docker-init", "catatonit")
_SHELLS = frozenset({"sh", "bash", "dash", "ash", "busybox"})
_INIT = 'put an init before it (`docker run --init`, or ENTRYPOINT ["tini", "--", …])'
_EXEC = 'use the exec form, CMD ["program", "argument"], or let the script end with `exec program`, in the foreground'
_RUNNERS = ("npm", "npx", "yarn", "pnpm", "bun", "corepack")
"""Programs that start another one, and end with a status of their own."""
_WAIT = "pass the signal on to them and wait"
_WAITING = {
    "php-fpm": "set `process_control_timeout = 10s` in php-fpm.conf: without it, requests that are being answered are cut off",
}
"""How programs are told to wait for the processes that they start, by a part of the main process's command."""


def judge(proof: Proof) -> Outcome:
    """Stops the plain container.

    Where there are children, those of another container are stopped first: a main process that waits for them stays.
    """
    plain = proof.staying().container
    state = plain.state()
    if not state.running and not state.exit_status:
        raise Skip("it ends by itself")
    if not state.running:
        seen = f"it worked, and then ended by itself with exit status {state.exit_status}"
        return failed(seen + reach.last_words(plain.log()), "mend what ends it")
    if proof.runs("read-only"):
        proof.changed.get()  # a program may remove on its way out what it has written
    name, number = _signal(str(proof.config.get("StopSignal") or "SIGTERM"))
    processes = plain.processes()
    children = started(processes)
    with ThreadPoolExecutor(1) as pool:
        orphaned = pool.submit(_orphans, proof, name) if children else None
        zombies = _zombies(proof, plain)
        stopped = _stop(proof, plain, name)
        left = orphaned.result() if orphaned else []
    if stopped is None:
        return _stays(proof, name, number, processes, plain.processes())
    seconds, status, out_of_memory = stopped
    main = processes[0] if processes else None
    if main and main.sleeps and main.deaf(number):
        return failed(
            f"process 1, `{visible(main.name)}`, does nothing on {name}: it came to its own end, with exit status {status}",
            _EXEC if _program(main) in _SHELLS and children else _hear(name),
        )
    good = (0, 128 + number if name != "SIGKILL" else 0)
    if status not in good:
        words = main.command.split()[:2] if main else []
        runner = next((name for word in words if (name := re.sub(r"\.c?js$", "", word.rpartition("/")[2])) in _RUNNERS), "")
        if status == 1 and runner:
            return failed(
                f"{name} ends it with exit status 1: process 1 is {runner}, which says so whatever its program does",
                'start the program itself: CMD ["node", "server.js"]',
            )
        why = "it was killed for want of memory" if out_of_memory else f"{name} ends it with exit status {status}"
        return failed(
            why,
            f"end with 0, or with {good[1]} as the signal does"
            if good[1]
            else "say `STOPSIGNAL SIGTERM`: nothing can be finished on SIGKILL",
        )
    if left:
        return failed(
            f"it ends without waiting for {plural(len(left), 'process')} that it started, which are killed ({listed(left)})",
            "let the init start the program itself, or pass the signal on to all (`tini -g`)"
            if main and _program(main) in _INITS
            else next((mend for program, mend in _WAITING.items() if main and program in main.command), _WAIT),
        )
    if zombies:
        return failed(
            f"{plural(len(zombies), 'process')} ended and nobody took notice ({listed(zombies)})",
            f"{_INIT}: it reaps them",
        )
    also = f", {plural(len(children), 'child')} with it" if children else ""
    return passed(f"{name} ends it within {seconds:.1f} s with exit status {status}{also}")


def _signal(text: str) -> tuple[str, int]:
    """A STOPSIGNAL by its name and its number."""
    number = signals.number(text) or 0
    return (f"SIG{signals.NAMES[number]}" if number in signals.NAMES else text), number


def _ready(proof: Proof) -> Container:
    from imageproof.engine import RunOptions

    running = proof.beside(RunOptions())
    if not running.readiness.ready:
        raise Skip(f"another container of it {running.readiness.seen}")
    return running.container


def _stop(proof: Proof, container: Container, name: str) -> tuple[float, int, bool] | None:
    """Seconds, exit status and whether memory was wanting; None where it did not end."""
    began = time.monotonic()
    container.signal(name)
    state = container.ended(proof.spec.stop_seconds)
    return None if state is None else (time.monotonic() - began, state.exit_status, state.out_of_memory)


def _orphans(proof: Proof, name: str) -> list[str]:
    """The processes that are alive when the main one has ended."""
    container = _ready(proof)
    processes = container.processes()
    spared = frozenset[int]()
    if processes and _program(processes[0]) in _INITS and "-g" not in processes[0].command.split()[:2]:
        # An init passes the signal on to its child alone, and ends with that one: it is what the child has started that may be left.
        spared = frozenset(process.pid for process in processes if process.parent == processes[0].pid)
    if not started(processes) or not container.freeze(main=False, spared=spared):
        return []
    deadline = time.monotonic() + _FREEZES
    while True:
        children = [process for process in started(container.processes()) if not process.zombie and process.pid not in spared]
        if all(process.state.startswith("T") for process in children):
            break
        if time.monotonic() > deadline:  # others have come meanwhile
            return []
        proof.engine.sleep(_POLL)
    container.signal(name)
    return [visible(child.name) for child in children] if container.ended(_WAITS) is not None else []


def _zombies(proof: Proof, plain: Container) -> list[str]:
    """Processes that have ended and stay."""

    def dead() -> dict[int, str]:
        return {process.pid: visible(process.name) for process in started(plain.processes()) if process.zombie}

    before = dead()
    if not before:
        return []
    proof.engine.sleep(_REAPED)
    return [name for pid, name in dead().items() if pid in before]


def _program(process: Process) -> str:
    return next(iter(process.command.split()), "").rpartition("/")[2]


def _hear(name: str) -> str:
    if name != "SIGTERM":
        return f"say `STOPSIGNAL SIGTERM`, which programs know, or handle {name} in the program"
    return f"handle {name} in the program, or {_INIT}"


def _stays(proof: Proof, name: str, number: int, processes: list[Process], after: list[Process]) -> Outcome:
    """Why a signal did not end it, from the processes before it and after it."""
    seen = f"{name} does not end it within {proof.spec.stop_seconds:g} s, so that it is killed (exit status 137)"
    main = processes[0] if processes else None
    shell_form = [str(word) for word in (proof.config.get("Entrypoint") or proof.config.get("Cmd") or ())][:2]
    if main and _program(main) in _SHELLS and len(processes) > 1:
        return failed(
            f"{seen}: process 1 is `{visible(processes[0].name)}`, a shell that passes no signal on to "
            f"{visible(processes[1].name)}",
            _EXEC,
        )
    if not main and shell_form[:1] and shell_form[0].rpartition("/")[2] in _SHELLS:
        return failed(
            f"{seen}: process 1 is a shell, which passes no signal on",
            _EXEC,
        )
    if main and main.ignores(number):
        return failed(
            f"{seen}: process 1, `{visible(main.name)}`, ignores {name}",
            f"handle {name} in the program; an init before it changes nothing",
        )
    if main and main.deaf(number):
        return failed(f"{seen}: process 1, `{visible(main.name)}`, does nothing on {name}, and the kernel spares process 1", _hear(name))
    sooner = f"end on {name} sooner: stop accepting, finish what is begun, exit"
    if after and after[0].deaf(number):
        # Node.js restores what the kernel does and sends itself the signal again; it also forgets a handler that is for one time, as for
        # the begin of an orderly end. Both leave the same behind.
        return failed(
            f"{seen}: process 1, `{visible(after[0].name)}`, handled it once and goes on",
            f"{sooner}; where it has no handler, and Node.js has none by itself, {_hear(name)}",
        )
    return failed(seen, f"{sooner}; or give --stop-seconds")
