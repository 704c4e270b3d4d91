#!/usr/bin/env bash
# Open the tables of the step `atlas` in Embedding Atlas, or write them as a static site, for `make atlas`:
# `tools/open_atlas.sh .venv-atlas results [site/]`.
set -euo pipefail
venv=$1 map=$2/map site=${3:-}
if [ ! -e "$map/atlas.parquet" ]; then
  echo "error: $map/atlas.parquet: no such file; run \`make atlas\` without -n" >&2
  exit 1
fi
if [ -n "$site" ] && [ -e "$site" ] && [ ! -e "$site/data/metadata.json" ]; then
  echo "error: EXPORT: $site exists and is not a site of Embedding Atlas; name another folder" >&2
  exit 1
fi
"$venv/bin/embedding-atlas" "$map/atlas.parquet" --x x --y y --text title --neighbors neighbors --disable-projection \
  --labels "$map/labels.parquet" --state "$(dirname "$0")/atlas_state.json" ${site:+--export-application "$site"}
if [ -n "$site" ]; then
  echo "Result: $site; open it with \`python3 -m http.server --directory $site\`, or copy it to a web server"
fi
