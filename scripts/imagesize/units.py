"""Sizes, shares and bandwidths as people write them."""

from __future__ import annotations

_SIZES = {"": 1, "b": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}


def parse_size(text: str) -> int:
    """Bytes of `200MB`, `1.5GiB` or `4096`; raises ValueError."""
    number, unit = _split(text)
    unit = unit.removesuffix("b") if unit != "b" else unit
    if unit not in _SIZES:
        raise ValueError(text)
    return int(number * _SIZES[unit])


def parse_share(text: str) -> float:
    """A hundredth of `5%`; raises ValueError."""
    number = float(text.strip().removesuffix("%")) / 100
    if not 0 <= number < float("inf"):
        raise ValueError(text)
    return number


def parse_bandwidth(text: str) -> float:
    """Bits per second of `100Mbit`, `1Gbit/s` or `12MB/s`; raises ValueError."""
    number, unit = _split(text.strip().removesuffix("/s"))
    per = 1
    if unit.endswith(("bit", "bps")):
        unit = unit[:-3]
    elif unit.endswith("b"):
        unit, per = unit[:-1], 8
    if unit not in _SIZES or number <= 0:
        raise ValueError(text)
    return number * _SIZES[unit] * per


def _split(text: str) -> tuple[float, str]:
    text = text.strip().replace(" ", "").replace("_", "")
    digits = len(text) - len(text.lstrip("0123456789."))
    number = float(text[:digits])
    return number, text[digits:].lower()


def size(count: int | None, estimated: bool = False) -> str:
    """A size for people, in decimal units as engines write them; `-` for what is not known.

    >>> size(1234567)
    '1.23 MB'
    """
    if count is None:
        return "-"
    value, sign = float(abs(count)), "-" if count < 0 else ""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if value < 999.5 or unit == "TB":
            break
        value /= 1000
    digits = 0 if unit == "B" or value >= 99.95 else 1 if value >= 9.995 else 2
    return f"{'~' * estimated}{sign}{value:.{digits}f} {unit}"


def difference(count: int | None) -> str:
    """A size with its sign."""
    return "-" if count is None else "0 B" if not count else f"{'+' * (count > 0)}{size(count)}"


def seconds(value: float | None) -> str:
    """A duration for people."""
    return "-" if value is None else f"{value:.1f} s" if value < 100 else f"{value / 60:.1f} min"


def visible(text: str) -> str:
    """Text from an image without what would steer a terminal."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape", "backslashreplace").decode() for char in text)
