"""Works on a queue; a job that is begun is finished before it ends."""

import signal
import threading

stop = threading.Event()
signal.signal(signal.SIGTERM, lambda number, frame: stop.set())
print("worker: waiting for jobs", flush=True)
stop.wait()
print("worker: finished", flush=True)
