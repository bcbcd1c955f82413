"""How to tell that a container works: which port, which path, which words; and waiting until it does."""

from __future__ import annotations

import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

from imageproof.buildlog import shortened
from imageproof.engine import Container, Engine, State
from imageproof.processes import LOOPBACK, RESOLVER, listening, queued
from imageproof.spec import Spec
from imagesize.units import visible

SETTLED = 2.0
"""Seconds for which a program without a port must stay up."""
MOST_ANSWER = 1 << 20
MOST_PORTS = 16
"""Ports that are asked at most: EXPOSE may name all there are."""
_POLL = 0.05
_ENDING = 0.4  # seconds in which a program ends that has said its last
_PATIENCE = 5.0  # seconds for an answer to begin, or go on
_WHOLE = 10.0  # seconds for all of it
_OF_IPV4 = 8  # digits of an address
_TAKES = 0.5  # seconds in which a server that works takes a connection
_BAD_REQUEST = 400  # what some servers say to HTTP where they want TLS
_ERROR = re.compile(r"error|exception|cannot|can't|failed|fatal|panic|denied|not found|no such", re.IGNORECASE)
"""What a line of a log has that may say why a program ended."""
_OF_A_TRACE = ("at ", "File ", "node:", "...")
_URL = re.compile(
    r"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\])(?::(\d{1,5}))?(/[^\s\"'|;&)]*)?", re.IGNORECASE
)


class _Protocol(NamedTuple):
    """One that resets a connection on which HTTP/1 is spoken."""

    words: bytes
    """What a client may say first."""
    length: int
    """Bytes of an answer's header,"""
    place: int
    """where in it the type of the answer stands,"""
    type: int
    """and which it must be."""


_PROTOCOLS = (
    _Protocol(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0)), 9, 3, 4),
    _Protocol(bytes((1, 9, 0, 0, 0, 0, 0, 0)), 8, 1, 10),
)
"""HTTP/2, as gRPC: settings for settings (RFC 9113, section 3.4). FastCGI, as PHP-FPM: values for a wish for values (its
specification, section 4.1)."""


class Reach(NamedTuple):
    """What has to be asked, and what has to come back."""

    ports: tuple[int, ...] = ()
    path: str = ""
    """Empty: / is asked."""
    must: bool = False
    """Whether the answer must be a success; else any but a server's error will do."""
    expect: str = ""
    expect_log: str = ""
    health: bool = False
    """There is a HEALTHCHECK."""


class Answer(NamedTuple):
    """What came back."""

    port: int
    status: int
    """Of HTTP; 0 for another protocol."""
    body: str = ""
    secure: bool = False
    """HTTP over TLS."""
    silent: bool = False
    """The connection was taken, and nothing was said."""


class Readiness(NamedTuple):
    """Whether it works, as seen from outside."""

    ready: bool
    seen: str
    """What was observed, as a sentence without a subject: `answers 200 on port 8000 after 0.4 s`."""
    change: str
    """What to do where it does not work."""
    seconds: float
    state: State
    log: str = ""
    listens: bool = False
    """It does not work, and yet it listens on a port."""
    closed: tuple[int, ...] = ()
    """Of several ports those on which nobody takes connections, while it works."""


def healthcheck(config: Mapping[str, Any]) -> list[str]:
    """The HEALTHCHECK's test as engines keep it: ["CMD", …] or ["CMD-SHELL", …]; empty where there is none."""
    test = [str(word) for word in (config.get("Healthcheck") or {}).get("Test") or ()]
    return [] if test[:1] == ["NONE"] else test


def reach_of(spec: Spec, config: Mapping[str, Any]) -> Reach:
    """How an image is reached: as the spec says, else as its EXPOSE and HEALTHCHECK do."""
    test = healthcheck(config)
    exposed = sorted(
        int(port.partition("/")[0])
        for port in config.get("ExposedPorts") or ()
        if "udp" not in port and port.partition("/")[0].isdecimal()
    )
    url = _URL.search(" ".join(test))
    named = int(url[1]) if url and url[1] else 0
    ports = (spec.port,) if spec.port else tuple(exposed[:MOST_PORTS]) or ((named,) if 0 < named < 65536 else ())
    path = spec.path
    asked = spec.port or spec.expect  # what --expect names need not stand where a health check looks
    if url and not path and (named or 80) in ports and "$" not in (url[2] or "") and not asked:
        path = url[2] or ""
    if spec.args and spec.expect_log and not (spec.port or spec.path or spec.expect):
        ports = ()  # another program than the image's own
    return Reach(ports, path, bool(spec.path), spec.expect, spec.expect_log, bool(test))


def wait(engine: Engine, container: Container, reach: Reach, seconds: float) -> Readiness:
    """Wait until the container does what it should, at most so long."""
    began = container.started
    deadline = began + seconds
    answer: Answer | None = None
    ending = 0.0
    while True:
        state = container.state()
        passed = time.monotonic() - began
        log = container.log() if reach.expect_log or not state.running else ""
        logged = reach.expect_log in log
        if not state.running:
            return _ended(reach, state, passed, log, logged)
        if reach.ports:
            answer = next(_answers(state, reach, deadline), None) or answer
            good = answer is not None and not _objection(answer, reach)
            words = f"{_told(answer)} after {passed:.1f} s" if answer else ""
        elif reach.expect_log:
            good, words = True, f"logs {reach.expect_log!r} within {passed:.1f} s"
        elif reach.health:
            good, words = state.health == "healthy", f"is healthy after {passed:.1f} s"
        else:
            good, words = passed >= min(SETTLED, seconds), f"stays up ({passed:.1f} s)"
        if good and answer and not answer.status:  # a connection that is cut may be the last sign of a program that ends
            engine.sleep(_ENDING)
            if not container.state().running:
                continue
        if good and logged and reach.expect_log and not reach.ports and not ending:
            ending = time.monotonic() + _ENDING  # what was to be said was said: does it end?
        if good and logged and time.monotonic() >= ending:
            closed = [port for port in reach.ports if answer and port != answer.port and not any_open(state, (port,))]
            return Readiness(True, words, "", passed, state, log, closed=tuple(closed))
        if time.monotonic() >= max(deadline, ending):
            return _late(reach, state, seconds, answer, container.log(), logged)
        engine.sleep(min(_POLL, max(0.0, deadline - time.monotonic())))


def _ended(reach: Reach, state: State, passed: float, log: str, logged: bool) -> Readiness:
    if state.exit_status == 0 and reach.expect_log and logged and not reach.ports:
        return Readiness(
            True, f"logs {reach.expect_log!r} and ends with status 0 after {passed:.1f} s", "", passed, state, log
        )
    if state.out_of_memory:
        return Readiness(
            False,
            "was killed for want of memory",
            "give it more with --memory, or let it take less",
            passed,
            state,
            log,
        )
    change = "read its last words"
    if state.error:
        change = "let ENTRYPOINT and CMD name a program that is in the image and may be run"
    elif re.search(r"exec \S+: no such file or directory", log):
        change = "let the script's first line name a program of the image; if it does, its lines end with \\r\\n: let them end with \\n"
    elif "exec format error" in log:
        change = "build the program for this processor, or begin a script with #!/bin/sh"
    elif state.exit_status == 0:
        change = "keep the program in the foreground; one that is meant to end needs --expect-log TEXT"
    return Readiness(
        False,
        f"ends with exit status {state.exit_status} after {passed:.1f} s{last_words(log) or last_words(state.error)}",
        change,
        passed,
        state,
        log,
    )


def _late(reach: Reach, state: State, seconds: float, answer: Answer | None, log: str, logged: bool) -> Readiness:
    within = f"within {round(seconds, 1):g} s"
    if answer and (objection := _objection(answer, reach)):
        seen, change = f"{_told(answer)}, {objection}, {within}", "give --path and --expect as the program answers, or mend the program"
        if answer.status == _BAD_REQUEST:
            change += "; it was asked with `Host: localhost`, which some must be told to allow"
    elif reach.ports and not answer:
        seen, change = _silent(reach, state, within)
    elif not logged:
        seen, change = f"does not log {reach.expect_log!r} {within}", "give --expect-log what it logs"
    else:
        probe = f"; the last probe said: {shortened(visible(state.probe))}" if state.probe.strip() else ""
        seen, change = f"is {state.health or 'not healthy'} {within}{probe}", "mend the HEALTHCHECK, or the program"
    listens = any(not addresses <= RESOLVER for addresses in listening(state.pid).values())
    return Readiness(False, seen + last_words(log), change, seconds, state, log, listens)


def _silent(reach: Reach, state: State, within: str) -> tuple[str, str]:
    names = " or ".join(map(str, reach.ports))
    heard = listening(state.pid)
    for port in reach.ports:
        if port in heard and heard[port] <= LOOPBACK:
            return (
                f"listens on port {port} of 127.0.0.1 only: nobody outside reaches it",
                "listen on 0.0.0.0 (all addresses)",
            )
        if port in heard and not queued(state.pid, port) and all(len(address) > _OF_IPV4 for address in heard[port]):
            return f"listens on port {port} of IPv6 only", "listen on 0.0.0.0 too (IPv4)"
        if port in heard:
            return (
                f"listens on port {port} and takes no connection {within}",
                "let the program accept connections: it hangs, or is not ready yet (--start-seconds)",
            )
    others = sorted(port for port in set(heard) - set(reach.ports) if not heard[port] <= LOOPBACK)
    if others:
        return (
            f"does not answer on port {names} {within}; it listens on {', '.join(map(str, others))}",
            f"EXPOSE {others[0]}, or give --port {others[0]}",
        )
    if state.health == "healthy":
        return f"is healthy inside but does not answer on port {names} {within}", "listen on 0.0.0.0 (all addresses)"
    return (
        f"does not answer on port {names} {within}",
        "let it listen there on 0.0.0.0, or give --port and --start-seconds",
    )


def last_words(log: str) -> str:
    """The last lines of a log, safe for a terminal, as the end of a sentence."""
    lines = [visible(line.strip()) for line in log.replace("\r", "\n").splitlines() if line.strip()][-40:]
    last, said = lines[-3:], [line for line in lines if not line.startswith(_OF_A_TRACE)]
    if not any(map(_ERROR.search, set(last) & set(said))) and (why := next(filter(_ERROR.search, reversed(said)), "")):
        last = [shortened(why, 200), "…", *lines[-2:]]
    return f"; its last words: {shortened(' ⏎ '.join(last)[-400:], 400)}" if lines else ""


def _told(answer: Answer) -> str:
    if answer.silent:
        return f"takes connections on port {answer.port}, and says nothing to HTTP/1"
    if not answer.status:
        return f"answers on port {answer.port}, not in HTTP/1"
    return f"answers {answer.status}{' over TLS' if answer.secure else ''} on port {answer.port}"


def _objection(answer: Answer, reach: Reach) -> str:
    """What is wrong with an answer; nothing where it will do."""
    if reach.must and not answer.status:
        return f"and {reach.path} wants HTTP"
    if answer.status >= (400 if reach.must else 500):
        return f"which is no success at {reach.path or '/'}"
    if reach.expect and reach.expect not in answer.body:
        return f"without {reach.expect!r} at {reach.path or '/'}"
    return ""


def _answers(state: State, reach: Reach, deadline: float) -> Iterator[Answer]:
    """Answers, one that will do first; after the deadline no more ports are asked."""
    found = [
        answer
        for port in reach.ports
        if time.monotonic() < deadline
        and (place := _place(state, port))
        and (answer := ask(*place, port, reach.path or "/", bool(reach.expect)))
        and not (answer.silent and _hangs(state, port))
    ]
    yield from sorted(found, key=lambda answer: bool(_objection(answer, reach)))


def _hangs(state: State, port: int) -> bool:
    """Whether connections wait in the port's queue, and nobody takes them."""
    deadline = time.monotonic() + _TAKES
    while queued(state.pid, port):
        if time.monotonic() > deadline:
            return True
        time.sleep(_POLL)
    return False


def _place(state: State, port: int) -> tuple[str, int] | None:
    if port in state.published:
        return state.published[port]
    return (state.address, port) if state.address and not state.published else None


def ask(host: str, at: int, port: int, path: str, whole: bool) -> Answer | None:
    """What answers a GET of `path`, with TLS where it is not answered without; None where nothing does.

    `port` is the container's; where `at` is another, an engine's proxy stands between.
    """
    answer = _get(host, at, port, path, whole, None)
    if answer is None or answer.silent or answer.status not in (0, _BAD_REQUEST):
        return answer
    secure = _get(host, at, port, path, whole, ssl._create_unverified_context())  # whose it is, is not the question
    return secure if secure is not None and secure.status else answer


def _get(host: str, at: int, port: int, path: str, whole: bool, tls: ssl.SSLContext | None) -> Answer | None:
    import http.client

    connection = (
        http.client.HTTPSConnection(host, at, timeout=_PATIENCE, context=tls) if tls else http.client.HTTPConnection(host, at, timeout=1.0)
    )
    try:
        connection.connect()
        with _bounded(connection.sock):
            connection.request(
                "GET",
                path,
                headers={"Host": "localhost", "User-Agent": "imageproof", "Accept": "*/*", "Connection": "close"},
            )
            response = connection.getresponse()
            body = _read(response, MOST_ANSWER if whole else 1)
        return Answer(port, response.status, body.decode("utf-8", "replace"), tls is not None)
    except (http.client.RemoteDisconnected, ConnectionResetError):  # cut off by a program that does not want HTTP, or by an engine's proxy
        return Answer(port, 0) if at == port or _speaks_another(host, at) else None
    except http.client.HTTPException as error:  # an answer, but none of HTTP
        return Answer(port, 0, str(error))
    except TimeoutError:  # connected, and silent: a server that waits for another protocol's first word
        taken = connection.sock is not None and (at == port or _open(host, at))
        return Answer(port, 0, silent=True) if taken else None
    except OSError:
        return None
    finally:
        connection.close()


def _read(response: Any, most: int) -> bytes:
    """The beginning of a body, which may go on for ever, as events do."""
    import http.client

    body = b""
    while len(body) < most:
        try:
            piece = response.read1(most - len(body))
        except (OSError, http.client.HTTPException):
            break
        if not piece:
            break
        body += piece
    return body


@contextmanager
def _bounded(connection: socket.socket) -> Iterator[None]:
    """Within, whoever is at the other end may keep silent only so long, and talk only so long: what it says then ends."""

    def hang_up() -> None:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)

    connection.settimeout(_PATIENCE)
    enough = threading.Timer(_WHOLE, hang_up)
    enough.daemon = True
    enough.start()
    try:
        yield
    finally:
        enough.cancel()


def _speaks_another(host: str, at: int) -> bool:
    """Whether somebody answers the first words of another protocol as it wants it."""
    return any(_speaks(protocol, host, at) for protocol in _PROTOCOLS)


def _speaks(protocol: _Protocol, host: str, at: int) -> bool:
    try:
        with socket.create_connection((host, at), 1.0) as connection:
            connection.sendall(protocol.words)
            header = connection.recv(protocol.length, socket.MSG_WAITALL)
            return len(header) == protocol.length and header[protocol.place] == protocol.type
    except OSError:
        return False


def _open(host: str, at: int) -> bool:
    """Whether somebody accepts connections and keeps them open: the engine's own proxy does not."""
    try:
        with socket.create_connection((host, at), 1.0) as connection:
            connection.settimeout(0.3)
            try:
                return bool(connection.recv(1))
            except TimeoutError:
                return True
    except OSError:
        return False


def any_open(state: State, ports: Sequence[int]) -> bool:
    """Whether one of the ports accepts connections."""
    return any(_open(*place) for port in ports if (place := _place(state, port)))
