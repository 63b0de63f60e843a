#!/bin/sh
# What the tests need from the system: bubblewrap for grading, PostgreSQL for a gradebook on a
# server, a Chromium for the browser tests.
# Install it where that is allowed, else say how.
missing=""
if [ "$(uname)" = Linux ] && ! command -v bwrap >/dev/null 2>&1; then
  missing="bubblewrap"
fi
if ! command -v postgres >/dev/null 2>&1 && ! ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1; then
  missing="$missing postgresql"
fi
browser=""
for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null 2>&1 && browser=$name
done
[ -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ] && browser=chrome
[ -n "$browser" ] || missing="$missing chromium"
[ -n "$missing" ] || exit 0
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
  echo "Installing for the tests: $missing ..."
  # shellcheck disable=SC2086  (a list of words)
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing >/dev/null && exit 0
fi
echo "The tests need $missing. Install it, then run 'make test' again:"
echo "    Debian:  sudo apt-get install $missing"
echo "    Ubuntu:  sudo apt-get install bubblewrap postgresql; sudo snap install chromium"
echo "    macOS:   brew install postgresql; brew install --cask google-chrome   (grading needs Linux)"
exit 1
