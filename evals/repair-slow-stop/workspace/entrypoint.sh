#!/bin/sh
set -e
echo "migrations: up to date"
python queue_worker.py
