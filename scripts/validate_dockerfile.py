#!/usr/bin/env python3
# /// script
# requires-python = ">=3.11"
# dependencies = ["dockerfile-parse>=2.0.1", "tabulate>=0.9"]
# ///
"""Check Dockerfiles as BuildKit reads them: `validate_dockerfile.py --help` tells how."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))  # `python3 -I` leaves it out

from launcher import start

if __name__ == "__main__":
    sys.exit(start(__file__, "dockerlint.cli"))
