"""Writes an invoice every two seconds, until it is told to stop."""

import signal
import threading

from pricing import price

stop = threading.Event()


def main() -> None:
    signal.signal(signal.SIGTERM, lambda number, frame: stop.set())
    number = 0
    while not stop.is_set():
        number += 1
        print(f"invoice {number}: {price(number)}")
        stop.wait(2)
    print("stopped between two invoices")
