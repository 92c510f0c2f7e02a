#!/usr/bin/env bash
# Runs the tests, with everything they need: tests/run.sh [quick]
# `quick` leaves out the tests in modules called `slow` and the distributed shape, and takes a few minutes.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
if [ -n "${CI:-}" ]; then
    # A clone of its own for each run must not mean a build from nothing for each run.
    export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$HOME/.cache/noctis-target}"
fi
case ${1:-all} in
    all) filter=() ;;
    quick) filter=(-- --skip slow::) ;;
    *) echo "usage: tests/run.sh [quick]" >&2; exit 2 ;;
esac

environment=$(bash tests/setup.sh)
eval "$environment"

cargo test --locked --workspace --no-run
# Built by the line before, because the tests of its package start it.
"${CARGO_TARGET_DIR:-target}/debug/noctis" viewer install --tarball "$NOCTIS_OHIF_TARBALL" --to "$NOCTIS_VIEWER"
failed=0
cargo test --locked --workspace --no-fail-fast ${filter[@]+"${filter[@]}"} || failed=1
if [ "${1:-all}" = all ]; then
    # What knows nothing but HTTP once more: a process for each target, over PostgreSQL and S3.
    NOCTIS_TEST_SHAPE=distributed cargo test --locked --workspace --no-fail-fast \
        --test store --test search --test retrieve -- --skip slow:: || failed=1
    NOCTIS_TEST_SHAPE=distributed cargo test --locked --package noctis --test faults -- \
        damaged_objects:: shutdown:: slow::killed:: || failed=1
fi
exit $failed
