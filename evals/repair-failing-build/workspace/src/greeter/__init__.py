"""Greets over HTTP, on port 8000."""

import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"the greeter says hello\n")


def main() -> None:
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    print("greeter listens on 8000", flush=True)
    ThreadingHTTPServer(("", 8000), Handler).serve_forever()
