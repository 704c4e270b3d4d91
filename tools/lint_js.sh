#!/usr/bin/env bash
# Check the JavaScript of the pages with ESLint, if Node is there and npm can get it.
set -euo pipefail
cd "$(dirname "$0")/.."
eslint=(npx --yes eslint@10.15.0)
if ! command -v npx >/dev/null; then
  echo "no Node: JavaScript is not checked"
elif ! "${eslint[@]}" --version >/dev/null 2>&1; then
  echo "npm cannot install ESLint: JavaScript is not checked"
else
  "${eslint[@]}" --config tools/eslint.config.mjs scripts/templates
fi
