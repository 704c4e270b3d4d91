#!/usr/bin/env bash
# Install a requirements file into an environment with uv: `tools/uv_install.sh requirements.txt .venv [--no-deps]`.
#
# uv takes seconds where pip takes minutes, but reads neither pip's configuration nor its variables.
# They are passed on, since they say where this machine gets packages (and which build of PyTorch).
set -euo pipefail
cd "$(dirname "$0")/.."
python=$2/bin/python

setting() { # the value of a pip setting; variables come before the configuration file
  $python -m pip config list 2>/dev/null | sed -n "s/^[a-z:]*\.$1='\(.*\)'\$/\1/p" | head -n 1
}
pass_on() { # VARIABLE SETTING
  local value
  value=${!1:-$(setting "$2")}
  if [ -n "$value" ]; then export "$1=$value"; fi
}
pass_on UV_FIND_LINKS find-links
pass_on UV_DEFAULT_INDEX index-url
pass_on SSL_CERT_FILE cert

$python -m pip install --quiet uv==0.13.9 2>/dev/null || $python -m pip install --quiet uv
# Compiled as pip does: where PYTHONDONTWRITEBYTECODE is set, each start of Python would compile it all again.
if [ -t 2 ]; then quiet=""; else quiet=--quiet; fi # a terminal shows how far it is
if ! $python -m uv pip install $quiet --compile-bytecode --python $python "${@:3}" --requirement "$1"; then
  echo "uv failed; installing with pip instead" >&2
  $python -m pip install --quiet "${@:3}" --requirement "$1"
fi
