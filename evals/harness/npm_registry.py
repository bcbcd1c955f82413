"""A small npm registry, a program of its own: one private package, for those only who bring one of the tokens in the variable TOKEN.

It listens on port 80 of every address, says "ready", and on standard error one line for each request.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import os
import tarfile
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

NAME, VERSION = "@acme/phrases", "1.2.0"
PUBLISHED = "2026-01-05T08:00:00.000Z"
"""Old enough for package managers that distrust what is new."""
PORT = 80
ARCHIVE = f"/{NAME}/-/phrases-{VERSION}.tgz"
MANIFEST = {"name": NAME, "version": VERSION, "type": "module", "exports": "./index.js", "files": ["index.js"]}
CODE = """\
const PHRASES = { en: 'Hello', de: 'Guten Tag', fr: 'Bonjour' };

export const languages = Object.keys(PHRASES);

export const greeting = (language) => PHRASES[language];
"""


def archive() -> bytes:
    """The package as npm packs it: the same bytes each time, for a lock file holds their digest. Whatever compresses would choose them
    by its version; so nothing is compressed."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path, text in (("package/package.json", json.dumps(MANIFEST)), ("package/index.js", CODE)):
            data = text.encode()
            member = tarfile.TarInfo(path)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return stored(packed.getvalue())


def stored(data: bytes) -> bytes:
    """Gzip (RFC 1952) of one stored block (RFC 1951): at most 65,535 bytes."""
    length = len(data)
    block = b"\x01" + length.to_bytes(2, "little") + (length ^ 0xFFFF).to_bytes(2, "little") + data
    head = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
    return head + block + zlib.crc32(data).to_bytes(4, "little") + length.to_bytes(4, "little")


def integrity(data: bytes) -> str:
    """What a lock file says of an archive."""
    return f"sha512-{base64.b64encode(hashlib.sha512(data).digest()).decode()}"


class Registry(BaseHTTPRequestHandler):
    """GET of the package's document, and of its archive."""

    def do_GET(self) -> None:
        """Refuse whoever has no token, whatever is asked for."""
        given = self.headers.get("Authorization", "")
        data = archive()
        address = f"http://{self.headers.get('Host')}{ARCHIVE}"
        version = {**MANIFEST, "dist": {"tarball": address, "integrity": integrity(data)}}
        document = {"name": NAME, "dist-tags": {"latest": VERSION}, "versions": {VERSION: version}, "time": {VERSION: PUBLISHED}}
        if not any(hmac.compare_digest(given.encode(), f"Bearer {token}".encode()) for token in os.environ["TOKEN"].split()):
            self._send(401, "application/json", json.dumps({"error": "a token is needed"}).encode())
        elif unquote(self.path) == f"/{NAME}":
            self._send(200, "application/json", json.dumps(document).encode())
        elif unquote(self.path) == ARCHIVE:
            self._send(200, "application/octet-stream", data)
        else:
            self._send(404, "application/json", json.dumps({"error": "there is no such package"}).encode())

    def _send(self, status: int, kind: str, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


if __name__ == "__main__":
    server = ThreadingHTTPServer(("", PORT), Registry)
    print("ready", flush=True)
    server.serve_forever()
