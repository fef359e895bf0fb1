#!/usr/bin/env bash
# Copies the browser libraries out of node_modules/ into server/static/vendor/ (git-ignored). Called by ops/setup.sh.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

readonly vendor=server/static/vendor
rm -rf "$vendor"
mkdir -p "$vendor"

# name in server/static/vendor/, file in node_modules/
while read -r target source; do
  install -m 644 "node_modules/$source" "$vendor/$target"
done <<'FILES'
alpine-csp.min.js @alpinejs/csp/dist/cdn.min.js
bootstrap.bundle.min.js bootstrap/dist/js/bootstrap.bundle.min.js
bootstrap.min.css bootstrap/dist/css/bootstrap.min.css
echarts.min.js echarts/dist/echarts.min.js
htmx.min.js htmx.org/dist/htmx.min.js
idb.js idb/build/index.js
jsqr.js jsqr/dist/jsQR.js
maplibre-gl-shared.mjs maplibre-gl/dist/maplibre-gl-shared.mjs
maplibre-gl-worker.mjs maplibre-gl/dist/maplibre-gl-worker.mjs
maplibre-gl.css maplibre-gl/dist/maplibre-gl.css
maplibre-gl.mjs maplibre-gl/dist/maplibre-gl.mjs
FILES
