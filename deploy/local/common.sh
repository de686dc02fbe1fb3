# shellcheck shell=bash
# What start_services.sh, stop_services.sh and tests/run.sh share. Sourced, not run; bash 3.2 is enough.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
VENV="$ROOT/.venv"
RUN_DIR="$ROOT/run"
LOG_DIR="$ROOT/logs"
SETUP_LOG="$LOG_DIR/setup.log"
MIN_NODE="22.22.0"
# There while packages are being installed: whoever was killed meanwhile left files that look like whole packages.
UNFINISHED="$VENV/.unfinished"

say() { printf '%s\n' "$*"; }

fail() {
  printf '\nerror: %s\n' "$*" >&2
  exit 1
}

# ---- set-up -----------------------------------------------------------------------------------------------------

# step TEXT COMMAND...: runs the command with its output in logs/setup.log, and says how long it takes.
step() {
  local text=$1 started=$SECONDS status=0 waited=0 before
  shift
  mkdir -p "$LOG_DIR"
  touch "$SETUP_LOG"
  before=$(wc -c <"$SETUP_LOG")
  say "  $text …"
  # In a process group of its own, so that an interrupted set-up leaves nothing running.
  set -m
  "$@" >>"$SETUP_LOG" 2>&1 </dev/null &
  STEP_PID=$!
  set +m
  remember step "$STEP_PID"
  while kill -0 "$STEP_PID" 2>/dev/null; do
    sleep 0.2
    waited=$((waited + 1))
    if [ $((waited % 75)) -eq 0 ]; then say "    still at it ($((SECONDS - started)) s)"; fi
  done
  wait "$STEP_PID" || status=$?
  STEP_PID=""
  rm -f "$RUN_DIR/step.pid"
  if [ "$status" -ne 0 ]; then
    tail -c "+$((before + 1))" "$SETUP_LOG" | tail -n 25 >&2
    fail "this step failed: $text. The whole story is in logs/setup.log."
  fi
  say "    done ($((SECONDS - started)) s)"
}

# A script that was killed leaves its step at work; two at once would spoil each other's files.
wait_for_step() {
  local pid
  pid=$(running step)
  if [ -n "$pid" ]; then say "  Waiting for what an interrupted set-up still does (process $pid) …"; fi
  while [ -n "$(running step)" ]; do sleep 0.2; done
  rm -f "$RUN_DIR/step.pid"
}

stop_step() {
  if [ -n "${STEP_PID:-}" ]; then kill -TERM -- "-$STEP_PID" 2>/dev/null || true; fi
}

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

# Prints the path of a Python that is new enough, or nothing. $PYTHON, when set, is the only candidate.
find_python() {
  local name path
  for name in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
    path=$(command -v "$name" 2>/dev/null) || continue
    # A version manager's shim can exist without its Python: run it.
    if new_enough "$path"; then
      "$path" -c 'import sys; print(sys.executable)'
      return 0
    fi
  done
}

ensure_venv() {
  local python found
  wait_for_step
  if [ -x "$VENV/bin/python" ] && [ ! -e "$UNFINISHED" ] && new_enough "$VENV/bin/python"; then return 0; fi
  python=$(find_python)
  if [ -z "$python" ]; then
    found=$("${PYTHON:-python3}" --version 2>/dev/null) || found="none"
    fail "QuantumChat needs Python 3.11 or newer (found: $found). Install one, or name it: PYTHON=/path/to/python3.11 $0"
  fi
  if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    fail "$python comes without venv. On Debian and Ubuntu: apt install $(basename "$python")-venv"
  fi
  step "Making a Python environment in .venv with $python" "$python" -m venv --clear --without-pip "$VENV"
  touch "$UNFINISHED"
}

fingerprint() { "$VENV/bin/python" -IS "$ROOT/deploy/local/fingerprint.py" "$@"; }

install_packages() {
  local status=0
  touch "$UNFINISHED"
  "$VENV/bin/python" -m pip install --disable-pip-version-check --no-input --require-hashes -r "$ROOT/requirements.txt" || status=$?
  # What fails by itself has changed nothing.
  if [ "$status" -lt 128 ]; then rm -f "$UNFINISHED"; fi
  return "$status"
}

# Installs requirements.txt, every file checked against its hash. A stamp makes the next time quick.
ensure_packages() {
  local stamp="$VENV/.requirements" wanted
  wanted=$(cd "$ROOT" && fingerprint requirements.txt)
  if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then return 0; fi
  if ! "$VENV/bin/python" -m pip --version >/dev/null 2>&1; then
    step "Adding pip to .venv" "$VENV/bin/python" -m ensurepip --upgrade
  fi
  step "Installing Python packages (a minute or two the first time)" install_packages
  printf '%s\n' "$wanted" >"$stamp"
}

# Puts a Node that is new enough first on PATH: the system's, else the one that came with the Python packages.
use_node() {
  local check="const [a,b]='$MIN_NODE'.split('.'),[c,d]=process.versions.node.split('.');process.exit(+c>+a||(+c==+a&&+d>=+b)?0:1)"
  if command -v npm >/dev/null 2>&1 && node -e "$check" >/dev/null 2>&1; then return 0; fi
  PATH="$VENV/bin:$PATH"
  export PATH
  node -e "$check" || fail "the web client needs Node $MIN_NODE or newer (found: $(node --version 2>/dev/null))"
}

install_client_packages() {
  cd "$ROOT/frontend" || return
  # Without the packages' own scripts; our patch of ts-mls is a step of its own, and must fit.
  npm ci --ignore-scripts --no-audit --no-fund && npm run patch
}

ensure_client_packages() {
  local stamp="$ROOT/frontend/node_modules/.installed" wanted
  use_node
  wanted=$(cd "$ROOT/frontend" && fingerprint package.json package-lock.json .npmrc patches)
  if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then return 0; fi
  step "Installing the web client's packages" install_client_packages
  printf '%s\n' "$wanted" >"$stamp"
}

BUILT="$ROOT/frontend/node_modules/.built"

# What the built client is made from: files, and the address of app_service where another site serves the client.
client_sources() {
  (cd "$ROOT/frontend" &&
    fingerprint package.json package-lock.json patches index.html tsconfig.json vite.config.ts public src \
      ../shared/content_security_policy.json) && say "${VITE_API_URL:-}"
}

build_client() {
  local wanted
  wanted=$(client_sources)
  rm -f "$BUILT"
  (cd "$ROOT/frontend" && npm run build) && printf '%s\n' "$wanted" >"$BUILT"
}

ensure_client() {
  if [ -f "$ROOT/frontend/dist/index.html" ] && [ "$(cat "$BUILT" 2>/dev/null)" = "$(client_sources)" ]; then return 0; fi
  ensure_client_packages
  step "Building the web client" build_client
}

# ---- processes --------------------------------------------------------------------------------------------------

# Prints when a process began, or nothing if it is gone: with its number it names one process for good.
process_start() {
  local text fields
  if [ -d /proc/self ]; then
    { text=$(<"/proc/$1/stat"); } 2>/dev/null || return 0
    read -r -a fields <<<"${text##*) }"
    if [ "${fields[0]}" != Z ]; then printf '%s' "${fields[19]}"; fi
  else
    ps -o lstart= -p "$1" 2>/dev/null || true
  fi
}

# remember NAME PID: writes run/NAME.pid.
remember() (
  trap '' INT TERM # Ctrl-C reaches mkdir and mv too, and a process that is not noted would never be ended
  mkdir -p "$RUN_DIR"
  printf '%s\n%s\n' "$2" "$(process_start "$2")" >"$RUN_DIR/$1.pid.new"
  mv "$RUN_DIR/$1.pid.new" "$RUN_DIR/$1.pid"
)

# Prints the number of the process that we started as NAME, if it still runs.
running() {
  local pid="" start=""
  { read -r pid && read -r start; } 2>/dev/null <"$RUN_DIR/$1.pid" || return 0
  if [ -n "$start" ] && [ "$(process_start "$pid")" = "$start" ]; then printf '%s' "$pid"; fi
}

# end NAME: asks the process to end, waits, and insists after ten seconds.
end() {
  local pid waited=0
  pid=$(running "$1")
  if [ -z "$pid" ]; then
    rm -f "$RUN_DIR/$1.pid"
    return 0 # with its status: in a trap it would be that of the command before
  fi
  kill -TERM "$pid" 2>/dev/null || true
  while [ -n "$(running "$1")" ]; do
    sleep 0.1
    waited=$((waited + 1))
    if [ "$waited" -eq 100 ]; then
      say "$1 does not end by itself; ending it and its children."
      # Each service leads a process group of its own.
      kill -KILL -- "-$pid" 2>/dev/null || kill -KILL "$pid" 2>/dev/null || true
    fi
  done
  rm -f "$RUN_DIR/$1.pid"
  say "$1 has ended."
}
