"""What Go's sources in the build context say of the program that is built from them."""

from __future__ import annotations

import posixpath
import re

from dockerlint.context import Context

# The packages of Go 1.27's standard library that link to the C library where cgo is on: they import net, os/user or C (`go list -deps`).
_LINKING = frozenset(
    """C archive/tar crypto/tls crypto/x509 expvar log/syslog mime/multipart net net/http net/http/cgi net/http/cookiejar net/http/fcgi
    net/http/httptest net/http/httptrace net/http/httputil net/http/pprof net/mail net/rpc net/rpc/jsonrpc net/smtp net/textproto os/user
    plugin runtime/cgo""".split()
)
_IMPORTS = re.compile(r"^import\s*(?:\((.*?)^\s*\)|([^\n(]+))", re.MULTILINE | re.DOTALL)
_PATH = re.compile(r"""["`]([^"`\n]+)["`]""")
_REQUIRE = re.compile(r"^require\b", re.MULTILINE)


def links_to_c(context: Context) -> bool | None:
    """Whether a program from these sources may be linked to the C library where cgo is on; None where no sources are seen.

    It may as soon as one file imports what does, or other modules are required, whose imports are not seen.
    """
    seen = False
    for path in context.files():
        if posixpath.basename(path) == "go.mod" and _REQUIRE.search(context.read(path) or ""):
            return True
        if path.endswith(".go") and not path.endswith("_test.go"):
            seen, text = True, context.read(path)
            if text is None or not _LINKING.isdisjoint(imports(text)):
                return True
    return (not context.complete) if seen else None


def imports(text: str) -> list[str]:
    """The paths of the packages that a source imports."""
    return [path for block, line in _IMPORTS.findall(text) for path in _PATH.findall(block or line)]
