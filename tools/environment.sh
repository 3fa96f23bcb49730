# For ./demo and ./check: the virtual environment in $VENV (default .venv), made by $PYTHON (default python3).
PYTHON=${PYTHON:-python3}
VENV=${VENV:-.venv}

say() { printf '\n== %s\n' "$*"; }

# make_environment EXTRAS: a virtual environment with this checkout and the named extras ("[test,dev]") in it.
make_environment() {
  "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "Python 3.11 or newer is needed; PYTHON=... names one" >&2
    exit 1
  }
  [ -x "$VENV/bin/python" ] || "$PYTHON" -m venv "$VENV"
  extras=$1
  if [ -z "${CC:-}" ] && ! command -v cc >/dev/null && ! command -v gcc >/dev/null && ! command -v clang >/dev/null; then
    echo "no C compiler found: installing the one that comes as a wheel"
    extras=${extras:-[]}
    extras=$(echo "${extras%]},zig]" | sed 's/\[,/[/')
  fi
  "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --editable ".$extras"
  PATH=$(cd "$VENV/bin" && pwd):$PATH
  export PATH
}
