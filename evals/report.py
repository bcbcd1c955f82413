#!/usr/bin/env python3
# /// script
# requires-python = ">=3.11"
# dependencies = ["docker>=7.0", "dockerfile-parse>=2.0.1", "tabulate>=0.9"]
# ///
"""Tell what the skill changes: `report.py --help` tells how."""

import os
import sys

sys.path.insert(1, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "scripts"))

from launcher import start

if __name__ == "__main__":
    sys.exit(start(__file__, "harness.report_cli"))
