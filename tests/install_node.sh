#!/usr/bin/env bash
# Makes sure that a folder of tests (partners/node by default) finds Node.js, npm, the packages of its lock file, and
# curl (for examples/partner_client.sh); installs them where it may (root or passwordless sudo, Debian or Ubuntu), else names the commands. Nothing is skipped.
set -u
PACKAGES="nodejs npm curl"
FOLDER="${1:-partners/node}"
ROOM="$(dirname "$0")/$FOLDER"

ready() { command -v node >/dev/null && command -v npm >/dev/null && command -v curl >/dev/null; }

install() {
    command -v apt-get >/dev/null || return 1
    echo "Installing $PACKAGES for tests/$FOLDER (once) ..."
    # shellcheck disable=SC2086 # a list of words, and an empty $1 must vanish
    $1 apt-get update -qq && $1 env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
        --no-install-recommends $PACKAGES >/dev/null
}

if ! ready; then
    if [ "$(id -u)" = 0 ]; then
        install ""
    elif sudo -n true 2>/dev/null; then
        install "sudo -n"
    fi
fi
if ready && { [ "$ROOM/node_modules/.package-lock.json" -nt "$ROOM/package-lock.json" ] || (cd "$ROOM" && npm ci --ignore-scripts --no-audit --no-fund --silent); }; then
    exit 0
fi

echo "tests/$FOLDER needs Node.js and curl. Please run:" >&2
echo "    sudo apt-get update && sudo apt-get install -y --no-install-recommends $PACKAGES" >&2
echo "    (cd tests/$FOLDER && npm ci --ignore-scripts)" >&2
if [ "${CI:-}" = true ]; then exit 1; fi
exit 0
