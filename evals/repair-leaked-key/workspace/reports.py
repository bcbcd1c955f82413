"""Serves reports on port 8000, if the installation is activated."""

import json
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

with open("license.json") as file:
    activation = json.load(file)["activation"]


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"reports, activated as {activation[:8]}\n".encode())


signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
ThreadingHTTPServer(("", 8000), Handler).serve_forever()
