# Sourced by the set-up scripts: installs Debian packages for commands that are missing, and says nothing when none is.

# require_commands COMMAND=PACKAGE...
require_commands() {
    local pair missing=()
    for pair in "$@"; do
        command -v "${pair%%=*}" >/dev/null 2>&1 || missing+=("${pair#*=}")
    done
    install_packages ${missing[@]+"${missing[@]}"}
}

# A Python that can make virtual environments: Debian's python3 comes without.
require_python() {
    python3 -c 'import ensurepip, venv' >/dev/null 2>&1 || install_packages python3 python3-venv
}

# install_packages PACKAGE...
install_packages() {
    [ $# -gt 0 ] || return 0
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        echo "missing packages: $*. Install them (on Debian: as root, apt-get install $*) and start again." >&2
        return 1
    fi
    echo "installing Debian packages: $*" >&2
    # Package lists may be absent or old: refresh them only when the installation fails without.
    apt_install "$@" >/dev/null 2>&1 || { apt-get update -qq >&2 && apt_install "$@" >&2; }
}

apt_install() {
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}
