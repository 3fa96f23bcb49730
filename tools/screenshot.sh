#!/bin/sh
# A picture of the top of a page that `transpile compare --html` has written: tools/screenshot.sh PAGE PICTURE
set -eu
for browser in chromium chromium-browser google-chrome; do
  if command -v "$browser" >/dev/null; then
    profile=$(mktemp -d)
    trap 'rm -rf "$profile"' EXIT
    "$browser" --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$profile" \
      --blink-settings=preferredColorScheme=1 --window-size="${SIZE:-1200,1560}" --screenshot="$2" \
      "file://$(realpath "$1")" >/dev/null 2>&1
    exit
  fi
done
echo "chromium is not installed" >&2
exit 1
