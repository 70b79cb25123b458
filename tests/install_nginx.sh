#!/usr/bin/env bash
# Makes sure that the test of docs/nginx.conf finds nginx and openssl; installs them where it may (root or passwordless
# sudo, Debian or Ubuntu), else names the one command. Under CI=true a missing nginx is an error.
set -u
PACKAGES="nginx-light openssl"

ready() {
    PATH="$PATH:/usr/sbin" command -v nginx >/dev/null && command -v openssl >/dev/null
}

install() {
    command -v apt-get >/dev/null || return 1
    echo "Installing $PACKAGES for the test of docs/nginx.conf (once) ..."
    # The package would start a server of its own on port 80: the test starts one where it needs it.
    # shellcheck disable=SC2086 # a list of words, and an empty $1 must vanish
    $1 apt-get update -qq && $1 env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq \
        --no-install-recommends $PACKAGES >/dev/null
}

if ready; then exit 0; fi
if [ "$(id -u)" = 0 ]; then
    install ""
elif sudo -n true 2>/dev/null; then
    install "sudo -n"
fi
if ready; then exit 0; fi

echo "The test of docs/nginx.conf needs nginx. Please run:" >&2
echo "    sudo apt-get update && sudo apt-get install -y --no-install-recommends $PACKAGES" >&2
if [ "${CI:-}" = true ]; then exit 1; fi
exit 0
