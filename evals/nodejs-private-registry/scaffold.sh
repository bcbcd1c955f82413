#!/bin/sh
# Generated: the workspace of this case.
set -eu
cp -R "$(dirname "$0")/../../examples/nodejs-private-registry/." .
python3 "$(dirname "$0")/../made.py" office-registry
