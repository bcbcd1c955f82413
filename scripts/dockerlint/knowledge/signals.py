"""The signals that STOPSIGNAL accepts, and which of them end a program in good order.

Names and numbers: signal(7) for x86-64 and arm64, with the aliases of github.com/moby/sys/signal v0.7.1, whose
`ParseSignal` is what BuildKit asks. That function is generous: upper or lower case, with or without the SIG prefix,
real-time signals by their distance from either end, and any whole number but zero, whether a signal has it or not.
"""

from __future__ import annotations

# The first real-time signal that glibc leaves to programs, and the last.
RTMIN, RTMAX = 34, 64

NUMBERS: dict[str, int] = {
    "HUP": 1,
    "INT": 2,
    "QUIT": 3,
    "ILL": 4,
    "TRAP": 5,
    "ABRT": 6,
    "IOT": 6,
    "BUS": 7,
    "FPE": 8,
    "KILL": 9,
    "USR1": 10,
    "SEGV": 11,
    "USR2": 12,
    "PIPE": 13,
    "ALRM": 14,
    "TERM": 15,
    "STKFLT": 16,
    "CHLD": 17,
    "CLD": 17,
    "CONT": 18,
    "STOP": 19,
    "TSTP": 20,
    "TTIN": 21,
    "TTOU": 22,
    "URG": 23,
    "XCPU": 24,
    "XFSZ": 25,
    "VTALRM": 26,
    "PROF": 27,
    "WINCH": 28,
    "IO": 29,
    "POLL": 29,
    "PWR": 30,
    "SYS": 31,
    "RTMIN": RTMIN,
    **{f"RTMIN+{distance}": RTMIN + distance for distance in range(1, 16)},
    **{f"RTMAX-{distance}": RTMAX - distance for distance in range(14, 0, -1)},
    "RTMAX": RTMAX,
}

# The name to write for a number: of two names for one signal, the one that signal(7) lists first.
NAMES: dict[int, str] = {number: name for name, number in reversed(NUMBERS.items())}

# No program can catch these: the kernel ends (or freezes) the process there and then.
UNCATCHABLE = frozenset({"KILL", "STOP"})

# Signals that say that a program is broken (most make it write a core), or that do not end it at all.
NOT_FOR_STOPPING = frozenset(
    (
        "ILL",
        "TRAP",
        "BUS",
        "FPE",
        "SEGV",
        "SYS",
        "STKFLT",
        "XCPU",
        "XFSZ",
        "CHLD",
        "CONT",
        "URG",
        "TSTP",
        "TTIN",
        "TTOU",
    )
)

_INT64 = range(-(2**63), 2**63)


def number(text: str) -> int | None:
    """The number of the signal that `text` means to the engine ("SIGTERM", "term", "15", "RTMIN+3"), or None."""
    digits = text[1:] if text[:1] in ("+", "-") else text
    if digits.isascii() and digits.isdigit():
        value = int(text)
        return value if value in _INT64 and value != 0 else None
    return NUMBERS.get(text.upper().removeprefix("SIG"))


def name(text: str) -> str:
    """The canonical name, without SIG, of the signal that `text` means; "" if it means none or one without a name."""
    value = number(text)
    return "" if value is None else NAMES.get(value, "")


def is_signal(text: str) -> bool:
    """Whether the engine takes `text` as a STOPSIGNAL."""
    return number(text) is not None
