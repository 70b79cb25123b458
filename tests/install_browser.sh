#!/usr/bin/env bash
# Makes sure that the browser tests find a chromium and a Chinese font; installs both where it may (root or
# passwordless sudo, Debian or Ubuntu), else names the one command. Under CI=true a missing browser is an error.
set -u
PACKAGES="chromium fonts-noto-cjk fontconfig"

ready() {
    local browser found=
    for browser in /usr/bin/chromium chromium-browser google-chrome; do
        if command -v "$browser" >/dev/null; then found=yes; fi
    done
    [ -n "$found" ] && command -v fc-list >/dev/null && [ -n "$(fc-list :lang=zh 2>/dev/null)" ]
}

install() {
    command -v apt-get >/dev/null || return 1
    echo "Installing $PACKAGES for the browser tests (once) ..."
    # shellcheck disable=SC2086 # a list of words, and an empty $1 must vanish
    $1 apt-get update -qq && $1 env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
        --no-install-recommends $PACKAGES >/dev/null
}

if ready; then exit 0; fi
if [ "$(id -u)" = 0 ]; then
    install ""
elif sudo -n true 2>/dev/null; then
    install "sudo -n"
fi
if ready; then exit 0; fi

echo "The browser tests need a browser and a Chinese font. Please run:" >&2
echo "    sudo apt-get update && sudo apt-get install -y --no-install-recommends $PACKAGES" >&2
if [ "${CI:-}" = true ]; then exit 1; fi
exit 0
