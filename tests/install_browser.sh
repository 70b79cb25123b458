#!/usr/bin/env bash
# Makes sure that the browser tests find a chromium and a Chinese font; installs both where it may (root or
# passwordless sudo, Debian or Ubuntu), else names the one command. Under CI=true a missing browser is an error.
# Debian's chromium-headless-shell is preferred: it needs half of the processor time of the whole chromium, which
# serves where there is no such package or nothing can be installed.
set -u
BROWSERS="chromium-headless-shell /usr/bin/chromium chromium-browser google-chrome"
FONTS="fonts-noto-cjk fontconfig"

ready() {
    local browser found=
    for browser in $1; do
        if command -v "$browser" >/dev/null; then found=yes; fi
    done
    [ -n "$found" ] && command -v fc-list >/dev/null && [ -n "$(fc-list :lang=zh 2>/dev/null)" ]
}

apt() {
    # shellcheck disable=SC2086 # an empty prefix must vanish
    $prefix env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=0 -o Acquire::http::Timeout=20 "$@"
}

install() {
    echo "Installing $* for the browser tests (once) ..."
    apt install -y --no-install-recommends "$@" >/dev/null
}

TRIED=.venv/.browser # where there is no such package, it is asked for once
if ready chromium-headless-shell || { [ -e $TRIED ] && ready "$BROWSERS"; }; then exit 0; fi
prefix=none
if [ "$(id -u)" = 0 ]; then
    prefix=
elif sudo -n true 2>/dev/null; then
    prefix="sudo -n"
fi
if command -v apt-get >/dev/null && [ "$prefix" != none ]; then
    apt update
    touch $TRIED
    # shellcheck disable=SC2086 # a list of words
    install chromium-headless-shell $FONTS || ready "$BROWSERS" || install chromium $FONTS
fi
if ready "$BROWSERS"; then exit 0; fi

echo "The browser tests need a browser and a Chinese font. Please run:" >&2
echo "    sudo apt-get update && sudo apt-get install -y --no-install-recommends chromium $FONTS" >&2
if [ "${CI:-}" = true ]; then exit 1; fi
exit 0
