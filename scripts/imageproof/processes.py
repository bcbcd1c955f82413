"""The processes of a container, told by this machine's /proc: for an engine on this machine, and without any program in the image.

Sources: proc(5), pid_namespaces(7), user_namespaces(7), cgroups(7).
"""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from typing import NamedTuple


class Process(NamedTuple):
    """One process; ids are those of whoever told, user ids those of the container where they can be known."""

    pid: int
    parent: int
    user: int
    state: str
    """As `ps` writes it: S, R, T, Z…"""
    command: str
    local: str = ""
    """The container's id, where the process is known to be this machine's and the container's."""
    heard: int | None = None
    """The signals that it handles, or keeps to wait for, as bits from signal 1 on; None where nobody tells.

    The kernel spares a container's first process all others but SIGKILL and SIGSTOP.
    """
    sleeps: str = ""
    """Where in the kernel it waits; empty where it runs, or nobody tells."""
    unheard: int = 0
    """The signals that it ignores."""

    @property
    def zombie(self) -> bool:
        """Whether it has ended and nobody took notice."""
        return self.state.startswith("Z")

    @property
    def name(self) -> str:
        """What it is called, briefly."""
        return self.command if len(self.command) <= 60 else self.command[:59] + "…"

    def ignores(self, number: int) -> bool:
        """Whether it is known to ignore a signal, first process or not."""
        return bool(self.unheard >> (number - 1) & 1) if number else False

    def deaf(self, number: int) -> bool:
        """Whether it is known to take no notice of a signal where it is the first process."""
        waits = "sigtimedwait" in self.sleeps  # for signals, which it lets through for so long
        return self.heard is not None and number != signal.SIGKILL and not waits and not self.heard >> (number - 1) & 1

    def stop(self) -> bool:
        """SIGSTOP; whether it does nothing any more, as does one that has ended meanwhile."""
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return True
        except (AttributeError, OSError):
            return False
        try:
            if _belongs(self.pid, self.local):  # asked while the handle holds the number, which else may be another's by now
                signal.pidfd_send_signal(handle, signal.SIGSTOP)
        except ProcessLookupError:
            return True
        except OSError:
            return False
        finally:
            os.close(handle)
        return True


def _belongs(pid: int, container: str) -> bool:
    return bool(container) and container in _read(f"/proc/{pid}/cgroup")


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(1 << 16)
    except OSError:
        return ""


def local_processes(main: int, container: str) -> list[Process]:
    """All processes of the container whose main process has this number here, that one first.

    Empty where this machine does not have them.
    """
    if main <= 0 or not _belongs(main, container):
        return []
    numbers = [int(name) for name in os.listdir("/proc") if name.isdecimal() and _belongs(int(name), container)]
    found = [process for number in numbers if (process := _process(number, container))]
    return sorted(found, key=lambda process: (process.pid != main, process.pid))


def started(processes: Sequence[Process]) -> list[Process]:
    """Of a container's processes, the main one first, those that it started, and what these started.

    What an engine runs beside it, a health probe or `docker exec`, is none of them.
    """
    found, parents = list[Process](), list(processes[:1])
    while parents:
        parent = parents.pop()
        children = [process for process in processes if process.parent == parent.pid]
        found += children
        parents += children
    return found


def _process(pid: int, container: str) -> Process | None:
    status = dict(line.partition(":")[::2] for line in _read(f"/proc/{pid}/status").splitlines())
    try:
        host_user = int(status["Uid"].split()[1])
        heard = int(status["SigCgt"].strip(), 16) | int(status["SigBlk"].strip(), 16)
        command = " ".join(_read(f"/proc/{pid}/cmdline").split("\0")).strip() or f"[{status['Name'].strip()}]"
        return Process(
            pid,
            int(status["PPid"]),
            _inside(pid, host_user),
            status["State"].strip()[:1],
            command,
            container,
            heard,
            _read(f"/proc/{pid}/wchan").strip("0"),
            int(status["SigIgn"].strip(), 16),
        )
    except (KeyError, ValueError, IndexError):
        return None


def _inside(pid: int, user: int) -> int:
    """A user of this machine as the process's user namespace numbers it."""
    for line in _read(f"/proc/{pid}/uid_map").splitlines():
        first, outside, length = map(int, line.split())
        if outside <= user < outside + length:
            return first + user - outside
    return user


def listening(pid: int) -> dict[int, set[str]]:
    """The TCP ports on which a process's network listens, each with its addresses in hexadecimal; empty where this machine does not tell.

    >>> listening(-1)
    {}
    """
    found: dict[int, set[str]] = {}
    for table in ("tcp", "tcp6"):
        for line in _read(f"/proc/{pid}/net/{table}").splitlines()[1:]:
            fields = line.split()
            if len(fields) > 3 and fields[3] == "0A":
                address, _, port = fields[1].partition(":")
                found.setdefault(int(port, 16), set()).add(address)
    return found


def queued(pid: int, port: int) -> int:
    """How many connections wait on a TCP port that a process's network listens on until they are taken; 0 where this machine does not tell.

    The kernel shows them as the receive queue of a socket that listens (tcp_diag, net/ipv4/tcp_ipv4.c).
    """
    count = 0
    for table in ("tcp", "tcp6"):
        for line in _read(f"/proc/{pid}/net/{table}").splitlines()[1:]:
            fields = line.split()
            if len(fields) > 4 and fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port:
                count += int(fields[4].partition(":")[2], 16)
    return count


RESOLVER = frozenset({"0B00007F"})
"""127.0.0.11, where an engine resolves the names of its networks, as /proc/net writes it."""
LOOPBACK = frozenset({"0100007F", "0B00007F", "00000000000000000000000001000000"})
"""127.0.0.1, 127.0.0.11 (where an engine resolves the names of its networks) and ::1, as /proc/net writes them on machines that count
from the small end."""
