#!/bin/sh
# Generated: the workspace of this case.
set -eu
cp -R "$(dirname "$0")/workspace/." .
python3 "$(dirname "$0")/../made.py" wasteful-image
