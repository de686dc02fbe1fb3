#!/usr/bin/env bash
# Starts QuantumChat: sets up what is missing, starts both services, waits until they are healthy, shows their logs.
set -euo pipefail
# shellcheck source=deploy/local/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/deploy/local/common.sh"

usage() {
  cat <<TEXT
Usage: ./start_services.sh [--detach | --dev | --setup]

  --detach   start, wait until healthy, and return; ./stop_services.sh ends them
  --dev      reload both services and the web client when their files change
  --setup    only set up what is missing: starts nothing, makes no secrets
  --help     this text

Environment: HOST (127.0.0.1), PORT (8000), QUANTUM_PORT (8001), CLIENT_PORT (5173, with --dev), PYTHON;
the services' own settings stand in README.md.
TEXT
}

DETACH=false
DEV=false
SETUP=false
for argument in "$@"; do
  case $argument in
    --detach) DETACH=true ;;
    --dev) DEV=true ;;
    --setup) SETUP=true ;;
    --help | -h)
      usage
      exit 0
      ;;
    *)
      usage >&2
      exit 2
      ;;
  esac
done
if $DETACH && $DEV; then
  usage >&2
  exit 2
fi

export HOST="${HOST:-127.0.0.1}" PORT="${PORT:-8000}" QUANTUM_PORT="${QUANTUM_PORT:-8001}" CLIENT_PORT="${CLIENT_PORT:-5173}"
if $DEV; then export ALLOWED_ORIGINS="${ALLOWED_ORIGINS:-http://localhost:$CLIENT_PORT,http://127.0.0.1:$CLIENT_PORT}"; fi
if [ "${AZURE_ENV:-development}" = development ]; then export LOG_FORMAT="${LOG_FORMAT:-text}"; fi
# Where this computer reaches an address that stands for all of them.
case $HOST in
  0.0.0.0 | localhost) LOCAL=127.0.0.1 ;;
  ::) LOCAL=::1 ;;
  *) LOCAL=$HOST ;;
esac

SERVICES=(quantum_service app_service)
if $DEV; then SERVICES+=(client); fi
STARTED=()
FOLLOWERS=()

log_file() {
  case $1 in
    app_service) printf '%s' "$LOG_DIR/main_app.log" ;;
    *) printf '%s' "$LOG_DIR/$1.log" ;;
  esac
}

address() {
  case $1 in
    quantum_service) printf '127.0.0.1 %s' "$QUANTUM_PORT" ;; # never beyond this computer: only app_service talks to it
    app_service) printf '%s %s' "$HOST" "$PORT" ;;
    client) printf '127.0.0.1 %s' "$CLIENT_PORT" ;;
  esac
}

port_setting() {
  case $1 in
    quantum_service) printf 'QUANTUM_PORT' ;;
    app_service) printf 'PORT' ;;
    client) printf 'CLIENT_PORT' ;;
  esac
}

# Replaces this shell by the service.
become() {
  local host reload=()
  read -r host _ <<<"$(address "$1")"
  cd "$ROOT"
  if [ "$1" = client ]; then
    cd frontend
    exec "$(node -p process.execPath)" node_modules/vite/bin/vite.js --strictPort
  fi
  if $DEV; then reload=(--reload --reload-dir "$1" --reload-dir shared); fi
  export HOST="$host" PYTHON="$VENV/bin/python"
  exec sh deploy/serve.sh "$1" ${reload[@]+"${reload[@]}"}
}

take_signals() {
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

start() {
  local name=$1 log interrupted=""
  log=$(log_file "$name")
  # Not between the beginning of a process and the note of it, or nobody would end it.
  trap 'interrupted=130' INT
  trap 'interrupted=143' TERM
  # A process group of its own: Ctrl-C reaches only this script, which then ends the services in order.
  set -m
  (
    trap '' HUP
    become "$name" > >(exec "$VENV/bin/python" -IS "$ROOT/deploy/local/log_writer.py" "$log" >/dev/null 2>&1) 2>&1 </dev/null
  ) &
  set +m
  remember "$name" $!
  disown $!
  STARTED+=("$name")
  take_signals
  if [ -n "$interrupted" ]; then exit "$interrupted"; fi
}

# get HOST PORT PATH: prints the answer of a plain HTTP request; fails when there is none.
get() {
  local line
  (
    exec 3<>"/dev/tcp/$1/$2" || exit 1
    printf 'GET %s HTTP/1.0\r\nHost: localhost\r\nAccept: application/json\r\n\r\n' "$3" >&3
    while IFS= read -r -t 5 line <&3 || [ -n "$line" ]; do
      printf '%s\n' "$line"
      line=""
    done
  ) 2>/dev/null
}

healthy() {
  case $1 in
    quantum_service) [[ $(get 127.0.0.1 "$QUANTUM_PORT" /api/health) == HTTP/1.?" 200"* ]] ;;
    app_service) [[ $(get "$LOCAL" "$PORT" /api/health) == HTTP/1.?" 200"* ]] ;;
    client) [[ $(get 127.0.0.1 "$CLIENT_PORT" /@vite/client) == HTTP/1.?" 200"* ]] ;;
  esac
}

wait_until_healthy() {
  local name=$1 deadline=$((SECONDS + 60))
  until healthy "$name"; do
    if [ -z "$(running "$name")" ]; then
      tail -n 20 "$(log_file "$name")" >&2
      fail "$name did not start. The lines above are the end of ${LOG_DIR##*/}/$(basename "$(log_file "$name")")."
    fi
    if [ "$SECONDS" -ge "$deadline" ]; then fail "$name is not healthy after 60 s; see $(log_file "$name")"; fi
    sleep 0.1
  done
  say "  $name is up."
}

say_health() {
  local answer tries=0
  answer=$(get "$LOCAL" "$PORT" /api/health)
  # app_service asks quantum_service from time to time; give it a moment to notice that it has come.
  while [[ $answer == *'"quantum_service":{"status":"unavailable"'* && $tries -lt 20 ]]; do
    sleep 0.1
    tries=$((tries + 1))
    answer=$(get "$LOCAL" "$PORT" /api/health)
  done
  case $answer in
    *'{"status":"degraded"'*'"mode":"os-only"'*)
      say "QuantumChat is up. Its entropy pool fills in the next seconds; until then randomness is the operating system's alone."
      ;;
    *'{"status":"degraded"'*) say "QuantumChat is up, but not everything is well: see http://localhost:$PORT/api/health" ;;
    *) say "QuantumChat is healthy." ;;
  esac
}

say_addresses() {
  local name=localhost
  case $HOST in
    127.0.0.1 | localhost | 0.0.0.0 | ::1 | ::) ;;
    *) name=$HOST ;;
  esac
  say ""
  if $DEV; then say "  web client (live)   http://localhost:$CLIENT_PORT"; fi
  say "  QuantumChat         http://$name:$PORT"
  say "  API reference       http://$name:$PORT/docs"
  say "  quantum_service     http://localhost:$QUANTUM_PORT"
  say ""
  case $HOST in
    127.0.0.1 | localhost | ::1) ;;
    *) say "Browsers give keys only to localhost and to https: other computers need a TLS proxy in front (README.md)." ;;
  esac
}

# Each line of each log, marked with its service.
follow() {
  local name
  for name in "${SERVICES[@]}"; do
    touch "$(log_file "$name")"
    tail -n 0 -F "$(log_file "$name")" 2>/dev/null > >(
      while IFS= read -r line; do printf '%-15s | %s\n' "$name" "$line"; done
    ) &
    FOLLOWERS+=($!)
    disown $!
  done
}

stop_followers() {
  local pid
  for pid in ${FOLLOWERS[@]+"${FOLLOWERS[@]}"}; do kill "$pid" 2>/dev/null || true; done
  FOLLOWERS=()
}

# Ends what this run started, the newest first.
end_started() {
  local index
  for ((index = ${#STARTED[@]} - 1; index >= 0; index--)); do end "${STARTED[index]}"; done
  STARTED=()
}

on_exit() {
  trap '' INT TERM
  stop_step
  end_started
  rm -rf "$RUN_DIR/starting"
  sleep 0.2 # the last lines of the logs
  stop_followers
}

# Stays until all services have ended, and says so when one does.
watch() {
  local name left=("${SERVICES[@]}") still
  while [ "${#left[@]}" -gt 0 ]; do
    sleep 1 &
    wait $! || true
    still=()
    for name in "${left[@]}"; do
      if [ -n "$(running "$name")" ]; then
        still+=("$name")
      else
        say "$name has ended; ./start_services.sh in another terminal starts it again."
      fi
    done
    left=(${still[@]+"${still[@]}"})
  done
}

# One start at a time.
lock() {
  mkdir -p "$RUN_DIR"
  until mkdir "$RUN_DIR/starting" 2>/dev/null; do
    if [ -n "$(running starting/holder)" ]; then fail "another ./start_services.sh is at work; wait for it."; fi
    sleep 0.2 # its holder may be about to sign it
    if [ -z "$(running starting/holder)" ]; then rm -rf "$RUN_DIR/starting"; fi
  done
  remember starting/holder $$
  trap on_exit EXIT
}

start_missing() {
  local name problem host port missing=()
  for name in "${SERVICES[@]}"; do
    if [ -n "$(running "$name")" ]; then
      say "  $name already runs (process $(running "$name"))."
    else
      read -r host port <<<"$(address "$name")"
      problem=$("$VENV/bin/python" -IS "$ROOT/deploy/local/port.py" "$host" "$port") ||
        fail "$name cannot start: $problem. Choose another port: $(port_setting "$name")=… ./start_services.sh"
      missing+=("$name")
    fi
  done
  for name in ${missing[@]+"${missing[@]}"}; do start "$name"; done
  for name in ${missing[@]+"${missing[@]}"}; do wait_until_healthy "$name"; done
}

main() {
  local folder
  umask 077
  for folder in "$LOG_DIR" "$RUN_DIR"; do
    { mkdir -p "$folder" 2>/dev/null && [ -w "$folder" ]; } ||
      fail "cannot write to $folder: logs and process numbers are kept there."
  done
  lock
  take_signals
  say "QuantumChat"
  ensure_venv
  ensure_packages
  if $DEV; then
    use_node
    ensure_client_packages
  else
    ensure_client
  fi
  if $SETUP; then return; fi
  if ! $DETACH; then follow; fi
  start_missing
  rm -rf "$RUN_DIR/starting"
  say_health
  say_addresses
  if [ "${#STARTED[@]}" -eq 0 ]; then
    say "Everything already runs. ./stop_services.sh ends it."
  elif $DETACH; then
    STARTED=()
    say "Running in the background; logs are in logs/. ./stop_services.sh ends it."
  else
    say "Logs follow, and stand in logs/. Ctrl-C ends both services."
    trap 'exit 0' INT TERM
    watch
  fi
}

main
