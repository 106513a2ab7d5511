# Shared by the commands of this folder: finds Python, makes the environment, installs the lock.
# shellcheck shell=sh

ROOT=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
VENV="$ROOT/.venv"

say() { printf '%s\n' "$*"; }
stop() { printf '%s\n' "$*" >&2; exit 1; }

find_python() {
    for name in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11; do
        command -v "$name" >/dev/null 2>&1 || continue
        "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || continue
        command -v "$name"
        return
    done
    found=$(python3 --version 2>/dev/null) || found=none
    stop "Python 3.11 or newer is needed. Found: $found."
}

# install_lock FILE: installs a hash-locked requirements file unless its stamp says it is there.
install_lock() {
    stamp="$VENV/.installed-$(basename "$1" .txt)"
    if [ ! -x "$VENV/bin/pip" ]; then # the last thing that venv makes
        python=$(find_python) || exit 1
        "$python" -c 'import ensurepip, venv' 2>/dev/null ||
            stop "Python's venv module is missing. On Debian or Ubuntu: apt install python3-venv"
        [ -w "$ROOT" ] || stop "The folder $ROOT is not writable for this user."
        say "Making the environment in .venv ..."
        "$python" -m venv "$VENV" || stop "The environment in .venv could not be made."
    fi
    cmp -s "$ROOT/$1" "$stamp" && return
    say "Installing $1 (once; a minute or two) ..."
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
        --only-binary ':all:' -r "$ROOT/$1" || stop "Installing $1 failed; the lines above say why."
    cp "$ROOT/$1" "$stamp"
}

# compile_catalogs: makes the .mo files of the languages when a .po is newer.
compile_catalogs() {
    for po in "$ROOT"/marketplace/translations/*/LC_MESSAGES/messages.po; do
        mo="${po%.po}.mo"
        [ -f "$mo" ] && [ ! "$po" -nt "$mo" ] && continue
        "$VENV/bin/pybabel" --quiet compile -i "$po" -o "$mo" || stop "Catalog $po cannot be compiled."
    done
}
