#!/usr/bin/env bash
# Builds Noctis, fetches the viewer into ./noctis-viewer and serves: services/noctis/start.sh [OPTIONS OF `noctis serve`]
# Needs a Rust toolchain; on Debian, as root, it installs what else is missing. Does nothing twice.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${NOCTIS_CACHE:-$HOME/.cache/noctis}
viewer=${NOCTIS_VIEWER_DIR:-noctis-viewer}

# shellcheck source=packages.sh
. "$root/services/noctis/packages.sh"
require_commands cc=gcc c++=g++ make=make ld=binutils
[ -e /usr/include/stdio.h ] || install_packages libc6-dev
if ! command -v cargo >/dev/null && [ -f "$HOME/.cargo/env" ]; then . "$HOME/.cargo/env"; fi
if ! command -v cargo >/dev/null; then
    echo "cargo was not found: install a Rust toolchain (rustup) first." >&2
    exit 1
fi

# Quiet when nothing has changed, with a progress bar when something is built.
cargo build --locked --release --manifest-path "$root/Cargo.toml" --package noctis --bin noctis
noctis="${CARGO_TARGET_DIR:-$root/target}/release/noctis"

install_viewer() {
    "$noctis" viewer install --tarball "$1" --to "$viewer"
}
# A viewer that is already there needs no tarball, so the first try goes without.
if ! install_viewer "$cache/none" >/dev/null 2>&1; then
    install_viewer "$(bash "$root/libs/viewer/fetch.sh" "$cache")"
fi

export NOCTIS_SERVER__VIEWER_DIR="${NOCTIS_SERVER__VIEWER_DIR:-$viewer}"
exec "$noctis" serve "$@"
