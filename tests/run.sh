#!/usr/bin/env bash
# Everything that must hold before a change goes in: the same here and in CI. Goes on to the end, then sums up.
set -uo pipefail
# shellcheck source=deploy/local/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../deploy/local/common.sh"
cd "$ROOT" || exit 1

# Services are started dozens of times: from compiled files.
unset PYTHONDONTWRITEBYTECODE
# The outputs are read in files and by `grep`.
unset FORCE_COLOR
export NO_COLOR=1

WORK=$(mktemp -d)
export COVERAGE_FILE="$WORK/coverage" TEST_FIGURES="$WORK/figures"
PYTEST=(--color=no --durations=10 -n 2 --dist worksteal)
LANES=()

on_exit() {
  local pid
  trap '' INT TERM
  stop_step
  for pid in ${LANES[@]+"${LANES[@]}"}; do kill -TERM -- "-$pid" 2>/dev/null || true; done
  rm -rf "$WORK"
}
trap on_exit EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# ---- steps and lanes --------------------------------------------------------------------------------------------

# check NAME COMMAND...: one line with result and time; the output too if it fails. Never ends the run.
check() {
  local name=$1 started=$SECONDS status=0 word=ok output="$WORK/$1.out"
  shift
  "$@" >"$output" 2>&1 </dev/null || status=$?
  if [ "$status" -ne 0 ]; then word=FAILED; fi
  printf '%-8s %4d s  %s\n' "$word" "$((SECONDS - started))" "$name" >"$WORK/$name.line"
  if [ "$status" -ne 0 ]; then printf '%s\n' "---- $name failed:" "$(cat "$output")" "----"; fi
  cat "$WORK/$name.line"
  return "$status"
}

# note WORD NAME TEXT: a line of the summary without a command; `skipped` is a failure in CI, where nothing may be left out.
note() {
  local word=$1
  if [ "$word" = skipped ] && [ "${CI:-}" = true ]; then word=FAILED; fi
  printf '%-8s         %s: %s\n' "$word" "$2" "$3" | tee "$WORK/$2.line"
}

# lane FUNCTION: runs it beside the others, in a process group of its own.
lane() {
  set -m
  "$1" &
  LANES+=($!)
  set +m
}

# ---- set-up -----------------------------------------------------------------------------------------------------

# uv at the version and with the hashes of uv.lock, through pip: the one tool that every Python brings along.
install_uv() {
  "$VENV/bin/python" - >"$WORK/uv.txt" <<'PYTHON'
import tomllib
with open("uv.lock", "rb") as file:
    package = next(item for item in tomllib.load(file)["package"] if item["name"] == "uv")
print("uv==" + package["version"], *("--hash=" + wheel["hash"] for wheel in package["wheels"]))
PYTHON
  "$VENV/bin/python" -m pip install --disable-pip-version-check --no-input --require-hashes -r "$WORK/uv.txt"
}

# The locked packages with the test tools; where uv cannot reach its index, pip with its own settings may.
sync_dev_packages() {
  export UV_PYTHON_DOWNLOADS=never
  "$VENV/bin/uv" sync --frozen --no-progress --compile-bytecode --python "$VENV/bin/python" && return
  "$VENV/bin/uv" export --frozen --no-header --format requirements-txt --quiet --output-file "$WORK/dev.txt" &&
    "$VENV/bin/python" -m pip install --disable-pip-version-check --no-input --require-hashes -r "$WORK/dev.txt"
}

# As in start_services.sh, which would otherwise take what is finished here for half a set-up, and make it anew.
install_dev_packages() {
  touch "$UNFINISHED"
  sync_dev_packages || return
  rm -f "$UNFINISHED"
}

ensure_dev_packages() {
  local stamp="$VENV/.dev" wanted
  wanted=$(fingerprint uv.lock)
  if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then return; fi
  if [ ! -x "$VENV/bin/uv" ]; then
    if ! "$VENV/bin/python" -m pip --version >/dev/null 2>&1; then
      step "Adding pip to .venv" "$VENV/bin/python" -m ensurepip --upgrade
    fi
    step "Installing uv" install_uv
  fi
  step "Installing Python packages and test tools" install_dev_packages
  fingerprint requirements.txt >"$VENV/.requirements"
  printf '%s\n' "$wanted" >"$stamp"
}

# Prints the Chromium to test with, installing Debian's when we may; nothing when there is none.
find_chromium() {
  local name
  for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome; do
    if [ -n "$name" ] && command -v "$name"; then return; fi
  done
  if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
    { apt-get update -q && apt-get install -y -q --no-install-recommends chromium; } >"$WORK/apt.out" 2>&1
    command -v chromium
  fi
}

# ---- what is checked --------------------------------------------------------------------------------------------

lock_is_current() { "$VENV/bin/uv" lock --check --offline --python "$VENV/bin/python"; }

requirements_are_exported() {
  "$VENV/bin/uv" export --frozen --no-dev --no-header --format requirements-txt --quiet --output-file "$WORK/requirements.txt" &&
    diff "$WORK/requirements.txt" requirements.txt && return
  echo "requirements.txt is not what uv.lock gives. Export it again: see CONTRIBUTING.md."
  return 1
}

shell_scripts() { shellcheck -x start_services.sh stop_services.sh deploy/serve.sh tests/run.sh .ci/run; }

python_lane() {
  check "uv.lock fits pyproject.toml" lock_is_current
  check "requirements.txt is uv.lock's export" requirements_are_exported
  check "ruff" "$VENV/bin/ruff" check .
  check "ruff format" "$VENV/bin/ruff" format --check .
  check "import rules" "$VENV/bin/lint-imports"
  check "mypy" "$VENV/bin/mypy"
  if command -v shellcheck >/dev/null; then
    check "shellcheck" shell_scripts
  else
    note "left out" "shellcheck" "not installed"
  fi
}

client() { (cd frontend && PYTHON="$VENV/bin/python" npm run --silent "$@"); }

build_lane() {
  check "client types" client typecheck
  check "client build" build_client
}

client_lane() {
  check "API types are the services'" client api-types:check
  check "prettier" client format:check
  check "eslint" client lint
  check "stories over both services" vitest test:services
  # Last, since it is the part that fills all cores by itself when the others are done.
  check "vitest" vitest test
}

vitest() {
  client "$1" -- --coverage.enabled --coverage.reportsDirectory "$WORK/client-coverage/${1/:/-}"
}

# Branches that the tests take, in per cent at least.
coverage() {
  covered 80 "web client" client_coverage "src/"
  covered 95 "frontend/src/crypto" client_coverage "src/crypto/"
  coverage_of_python
}

# What runs in the tests' own processes. With liboqs its provider counts too; without the library it cannot run.
coverage_of_python() {
  local without="-"
  "$VENV/bin/python" -m coverage combine --quiet || true
  if [ -z "${OQS_INSTALL_PATH:-}" ]; then without="*/providers/liboqs.py"; fi
  covered 80 "app_service" python_coverage "app_service/*,shared/*" "$without"
  covered 80 "quantum_service" python_coverage "quantum_service/*,shared/*" "$without"
  covered 95 "app_service/conversations" python_coverage "app_service/conversations/*" "$without"
  covered 95 "quantum_service/primitives" python_coverage "quantum_service/primitives/*" "$without"
}

python_coverage() { "$VENV/bin/python" -m coverage report --format=total --precision=1 --include="$1" --omit="$2"; }

client_coverage() { (cd frontend && node scripts/coverage.js "$WORK/client-coverage" "$1"); }

# covered BOUND AREA COMMAND...: a line of the summary with the percentage that the command prints.
covered() {
  local bound=$1 area=$2 percent word=ok
  shift 2
  percent=$("$@") || percent=0
  if ! awk "BEGIN { exit !($percent >= $bound) }"; then word=FAILED; fi
  printf '%-8s         coverage of %s: %s %% (at least %s)\n' "$word" "$area" "$percent" "$bound" |
    tee "$WORK/coverage of ${area//\//-}.line"
}

# How much the fuzzers and schemathesis tried: see tests/figures.py.
figures() {
  local what text
  [ -s "$TEST_FIGURES" ] || return 0
  awk -F '\t' '
    { number[$1]++; sum[$1] += $4; of[$1] = $2; kind[$1] = $3 }
    END { for (what in sum) printf "%s\t%d %s, %d %s\n", what, number[what], of[what], sum[what], kind[what] }
  ' "$TEST_FIGURES" | sort | while IFS=$'\t' read -r what text; do note tried "$what" "$text"; done
}

pytest_lane() {
  check "pytest, in process" "$VENV/bin/python" -m coverage run -m pytest "${PYTEST[@]}" -m in_process
  tail -n 40 "$WORK/pytest, in process.out"
  check "pytest, over processes" "$VENV/bin/python" -m pytest "${PYTEST[@]}" -m "not in_process"
  tail -n 40 "$WORK/pytest, over processes.out"
}

# say_why OUTPUT: the lines that name what failed, each with the error behind it; else the last ones.
say_why() {
  local named
  named=$(grep -E -A 1 '^ *(FAIL|FAILED|ERROR) ' "$1" | grep -v '^--$' | awk '!said[$0]++' | head -n 24)
  if [ -z "$named" ]; then named=$(tail -n 6 "$1"); fi
  printf '%s\n' "$named" | cut -c 1-400 | sed 's/^/    /'
}

say_summary() {
  local line failed=0
  printf '\nSummary (%d s)\n' "$SECONDS"
  for line in "$WORK"/*.line; do
    cat "$line"
    if grep -q '^FAILED' "$line"; then failed=1; fi
  done
  # Once more at the very end, in short: of a long print CI keeps no more than that.
  for line in "$WORK"/*.line; do
    if grep -q '^FAILED' "$line" && [ -s "${line%.line}.out" ]; then
      printf '\n%s:\n' "$(basename "$line" .line)"
      say_why "${line%.line}.out"
    fi
  done
  if [ "$failed" -eq 0 ]; then say "All is well."; else say "Not everything is well: see above."; fi
  return "$failed"
}

main() {
  ensure_venv
  ensure_dev_packages
  use_node
  ensure_client_packages
  CHROMIUM=$(find_chromium)
  export CHROMIUM
  if [ -z "$CHROMIUM" ]; then
    note skipped "Chromium" "NO BROWSER WAS TESTED: install chromium, or name one with CHROMIUM=/path/to/chromium"
  fi
  lane build_lane
  lane python_lane
  wait
  # The tests in the browser use the build.
  lane client_lane
  lane pytest_lane
  wait
  coverage
  figures
  say_summary
}

main
