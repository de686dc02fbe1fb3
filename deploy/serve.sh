#!/bin/sh
# Replaces this shell by a service: serve.sh app_service|quantum_service [uvicorn options]
# One place for uvicorn's options: start_services.sh, the images and App Service all come through here.
# HOST, and PORT or QUANTUM_PORT, say where it listens; PYTHON is the interpreter that has the packages.
set -eu
service=$1
shift
cd "$(dirname "$0")/.."
case $service in
  app_service) port=${PORT:-8000} ;;
  quantum_service) port=${QUANTUM_PORT:-8001} ;;
  *)
    echo "serve.sh app_service|quantum_service" >&2
    exit 2
    ;;
esac
# Lines NAME=value, as deploy/docker/make_secrets.py writes them.
if [ -n "${SECRETS_FILE:-}" ]; then
  set -a
  # shellcheck source=/dev/null
  . "$SECRETS_FILE"
  set +a
fi
# A frame holds at most one mebibyte; ciphertext does not compress, and a few kilobytes must not become many megabytes.
exec "${PYTHON:-python}" -m uvicorn "$service.main:app" --host "${HOST:-127.0.0.1}" --port "$port" --no-server-header \
  --ws-max-size 1048576 --ws-per-message-deflate false --timeout-graceful-shutdown 5 "$@"
