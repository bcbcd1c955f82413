"""What the XML formats share."""

from __future__ import annotations

from dockerlint.output import plain, printable_name


def attribute(text: str) -> str:
    """The text as it stands in a quoted attribute; what XML cannot hold was made visible."""
    escaped = plain(printable_name(text)).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return '"' + escaped.replace('"', "&quot;") + '"'


def element(name: str, /, **attributes: object) -> str:
    """`name key="value"…`, what stands between the angle brackets."""
    return " ".join([name, *(f"{key}={attribute(str(value))}" for key, value in attributes.items())])
