#!/usr/bin/env bash
# Starts the archive as its services on this machine: PostgreSQL, an S3 server and a process for each target, on free ports
# and with nothing in them. Prints the DICOMweb root as its last line; ends all of it when it is ended.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
environment=$(bash tests/setup.sh)
eval "$environment"
cargo build --locked --quiet --package noctis --package harness --bins
target=${CARGO_TARGET_DIR:-target}/debug
exec "$target/distributed" "$target/noctis"
