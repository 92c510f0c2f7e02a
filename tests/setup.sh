#!/usr/bin/env bash
# Brings what the tests need beside a Rust toolchain, and prints the environment they want:
#     . <(tests/setup.sh)
# Everything goes to NOCTIS_TEST_HOME (~/.cache/noctis-tests), outside of the clone. What is there is not brought again.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
home=${NOCTIS_TEST_HOME:-$HOME/.cache/noctis-tests}
mkdir -p "$home"
home=$(cd "$home" && pwd)
exec 9>"$home/.lock"
flock 9 # two runs at once: the second waits and finds everything done

# shellcheck source=../services/noctis/packages.sh
. "$root/services/noctis/packages.sh"
require_commands cc=gcc c++=g++ make=make ld=binutils strace=strace openssl=openssl dnsmasq=dnsmasq-base \
    unshare=util-linux chromium=chromium
[ -e /usr/include/stdio.h ] || install_packages libc6-dev
require_python

# A database server for tests to start by themselves. Debian's package makes and starts one of its own unless it is told not to.
if ! compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null; then
    [ -e /etc/postgresql-common/createcluster.conf ] || install_packages postgresql-common
    clusters=/etc/postgresql-common/createcluster.conf
    kept=$(mktemp)
    cp "$clusters" "$kept"
    sed -ri 's/^#?create_main_cluster *=.*/create_main_cluster = false/' "$clusters"
    installed=0
    install_packages postgresql-15 || installed=$?
    cat "$kept" >"$clusters"
    rm "$kept"
    [ "$installed" = 0 ] || exit "$installed"
fi

venv=$home/venv
if ! cmp -s "$root/tests/requirements.txt" "$venv/requirements.txt"; then
    echo "installing the Python packages of tests/requirements.txt" >&2
    python3 -m venv --clear "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$root/tests/requirements.txt" >&2
    cp "$root/tests/requirements.txt" "$venv/requirements.txt"
fi
tarball=$(bash "$root/libs/viewer/fetch.sh" "$home")

packages=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
cat >"$home/env.new" <<EOF
export NOCTIS_TEST_HOME='$home'
export NOCTIS_PYTHON='$venv/bin/python'
export NOCTIS_PYDICOM_FILES='$packages/pydicom/data'
export NOCTIS_CHROMIUM='$(command -v chromium)'
export NOCTIS_OHIF_TARBALL='$tarball'
export NOCTIS_VIEWER='$home/viewer'
EOF
mv "$home/env.new" "$home/env"
cat "$home/env"
