#!/bin/sh
# Generated: the workspace of this case.
set -eu
python3 "$(dirname "$0")/../made.py" grown-images
