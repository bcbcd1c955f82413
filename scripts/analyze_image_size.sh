#!/bin/sh
# /// script
# requires-python = ">=3.11"
# dependencies = ["docker>=7.0", "tabulate>=0.9", "isal>=1.6", "zstandard>=0.22"]
# ///
# Tell where an image's bytes are: `analyze_image_size.sh --help` tells how.
set -eu

script=$0
while [ -L "$script" ]; do # a link to this file is as good as the file
    link=$(readlink "$script")
    case $link in
        /*) script=$link ;;
        *) script=$(dirname "$script")/$link ;;
    esac
done
exec python3 "$(dirname "$script")/launcher.py" "$script" imagesize.cli "$@"
