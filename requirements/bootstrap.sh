#!/bin/sh
# Set up .venv from a lock: `requirements/bootstrap.sh run` for the demo, `dev` for the tests as well.
#
# Debian packages that are missing are installed by apt-get where we are root; else they are named, and we
# stop with status 2 before anything starts. Packages come from wherever the user's pip gets them. A second run is instant.
set -eu
cd "$(dirname "$0")/.."
lock=${1:?usage: bootstrap.sh run|dev}
python=.venv/bin/python

say() { printf 'set-up: %s\n' "$*" >&2; }

# The first Python of at least 3.11; $PYTHON, if set, is asked first.
find_python() {
    for candidate in ${PYTHON:+"$PYTHON"} python3.11 python3 python3.12 python3.13; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
}

loads() { "$system_python" -c "import ctypes; ctypes.CDLL('$1')" 2>/dev/null; }

# The Debian names of what is not there, each found missing by trying to use it.
missing_packages() {
    system_python=$(find_python)
    : "${system_python:=false}"
    "$system_python" -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
    loads libpangoft2-1.0.so.0 || echo libpangoft2-1.0-0
    loads libharfbuzz-subset.so.0 || echo libharfbuzz-subset0
    [ "$lock" = run ] || loads libatomic.so.1 || echo libatomic1 # of the browser's driver
    [ "$lock" = run ] || command -v chromium >/dev/null || command -v google-chrome >/dev/null || echo chromium
}

install_packages() {
    missing=$(missing_packages | tr '\n' ' ')
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        say "installing $missing"
        export DEBIAN_FRONTEND=noninteractive
        # shellcheck disable=SC2086 - one word a package
        if apt-get update -q && apt-get install -q -y --no-install-recommends $missing; then
            missing=$(missing_packages | tr '\n' ' ')
            [ -n "$missing" ] || return 0
        fi
    fi
    say "missing: $missing"
    say "install with: sudo apt-get install $missing"
    exit 2
}

# A virtual environment that works, stands where it was made, and holds the installer.
make_venv() {
    if "$python" -c '' 2>/dev/null && .venv/bin/uv --version >/dev/null 2>&1 \
        && grep -qF "$PWD/.venv" .venv/bin/activate; then
        return
    fi
    "$(find_python)" -m venv --clear .venv
    "$python" -m pip install -q --require-hashes -r requirements/setup.lock
}

# One of pip's settings by name, from its environment or files; the dots in a name stand for any character.
pip_setting() {
    "$python" -m pip config list 2>/dev/null \
        | sed -n "s/^\(:env:\|install\|global\)\.$1='\(.*\)'\$/\2/p" | head -n 1 | sed 's/\\n/ /g'
}

# Take pip's settings over to uv, which does not read them; what is set for uv already stays.
follow_pip() {
    while read -r name variable; do
        eval "[ -z \"\${$variable:-}\" ]" || continue
        value=$(pip_setting "$name")
        [ "$variable" != UV_FIND_LINKS ] || value=$(echo "$value" | tr ' ' ',')
        [ -z "$value" ] || export "$variable=$value"
    done <<'SETTINGS'
index.url UV_DEFAULT_INDEX
extra.index.url UV_INDEX
find.links UV_FIND_LINKS
trusted.host UV_INSECURE_HOST
proxy ALL_PROXY
cert SSL_CERT_FILE
default.timeout UV_HTTP_TIMEOUT
timeout UV_HTTP_TIMEOUT
SETTINGS
    # As pip does: the best version of all places. The hashes say that it is the right one.
    export UV_INDEX_STRATEGY="${UV_INDEX_STRATEGY:-unsafe-best-match}"
}

install_lock() {
    say "installing requirements/$lock.lock into .venv"
    follow_pip
    .venv/bin/uv pip sync --python "$python" --require-hashes "requirements/$lock.lock"
    .venv/bin/uv pip install -q --python "$python" --no-deps --no-build-isolation -e .
}

state() { cksum "requirements/$1.lock" requirements/setup.lock pyproject.toml requirements/bootstrap.sh; echo "$PWD"; }
is_current() { [ -x .venv/bin/yidan ] && [ "$(state "$1")" = "$(cat ".venv/set-up.$1" 2>/dev/null)" ]; }

install_packages
is_current dev && exit 0
is_current "$lock" && exit 0
trap '[ $? = 0 ] || say "did not finish; it needs to reach the package index that pip uses. Run it again to go on."' EXIT
make_venv
rm -f .venv/set-up.*
install_lock
state "$lock" >".venv/set-up.$lock"
