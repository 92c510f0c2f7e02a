#!/usr/bin/env bash
# Brings the peers (Orthanc in a Debian of its own, nginx) and runs the benchmark. Arguments go to the benchmark.
set -euo pipefail
cd "$(dirname "$0")/../.."
home=${NOCTIS_TEST_HOME:-$HOME/.cache/noctis-tests}
root=$home/orthanc-trixie

install() {
  local missing=()
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

install debootstrap nginx-light
if [ ! -x "$root/usr/sbin/Orthanc" ]; then
  mirror=$(sed -n 's/^URIs: *//p' /etc/apt/sources.list.d/*.sources 2>/dev/null | head -n 1)
  [ -n "$mirror" ] || mirror=$(sed -n 's/^deb \(\[[^]]*\] \)\?\([^ ]*\) .*/\2/p' /etc/apt/sources.list | head -n 1)
  rm -rf "$root"
  mkdir -p "$home"
  debootstrap --variant=minbase --include=orthanc,orthanc-dicomweb trixie "$root" "$mirror" >"$home/debootstrap.log"
fi
cargo build --release --quiet -p noctis -p bench
exec "${CARGO_TARGET_DIR:-target}/release/bench" --noctis "${CARGO_TARGET_DIR:-target}/release/noctis" --orthanc-root "$root" "$@"
