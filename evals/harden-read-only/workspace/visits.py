"""Counts visits: GET / adds one. The count is in a file below DATA_DIR, which is `data` beside this program by default."""

import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

folder = Path(os.environ.get("DATA_DIR", Path(__file__).parent / "data"))
folder.mkdir(parents=True, exist_ok=True)
count = folder / "visits"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        visits = int(count.read_text()) + 1 if count.exists() else 1
        count.write_text(str(visits))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"visits: {visits}\n".encode())


signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
HTTPServer(("", 8000), Handler).serve_forever()
