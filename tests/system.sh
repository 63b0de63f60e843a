#!/bin/sh
# The browser tests need a Chromium. Install it where that is allowed, else say how.
for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null 2>&1 && exit 0
done
[ -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ] && exit 0
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
  echo "Installing chromium for the browser tests ..."
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null && exit 0
fi
echo "The browser tests need Chromium. Install it, then run 'make test' again:"
echo "    Debian:  sudo apt-get install chromium"
echo "    Ubuntu:  sudo snap install chromium"
echo "    macOS:   brew install --cask google-chrome"
exit 1
