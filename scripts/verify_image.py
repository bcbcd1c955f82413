#!/usr/bin/env python3
# /// script
# requires-python = ">=3.11"
# dependencies = ["docker>=7.0", "dockerfile-parse>=2.0.1", "tabulate>=0.9"]
# ///
"""Prove an image on a real engine: `verify_image.py --help` tells how."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))  # `python3 -I` leaves it out

from launcher import start

if __name__ == "__main__":
    sys.exit(start(__file__, "imageproof.cli"))
