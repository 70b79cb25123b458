#!/usr/bin/env bash
# Makes sure that tests/partners finds Node.js, npm and the signers of its lock file; installs them where
# it may (root or passwordless sudo, Debian or Ubuntu), else names the commands. These tests are never skipped.
set -u
PACKAGES="nodejs npm"
ROOM="$(dirname "$0")/partners/node"

ready() { command -v node >/dev/null && command -v npm >/dev/null; }

install() {
    command -v apt-get >/dev/null || return 1
    echo "Installing $PACKAGES for the tests with signers that are not ours (once) ..."
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

echo "The tests with signers that are not ours need Node.js. Please run:" >&2
echo "    sudo apt-get update && sudo apt-get install -y --no-install-recommends $PACKAGES" >&2
echo "    (cd tests/partners/node && npm ci --ignore-scripts)" >&2
if [ "${CI:-}" = true ]; then exit 1; fi
exit 0
