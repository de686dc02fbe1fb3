#!/usr/bin/env bash
# Ends what ./start_services.sh started, and nothing else.
set -euo pipefail
# shellcheck source=deploy/local/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/deploy/local/common.sh"

if [ $# -gt 0 ]; then
  say "Usage: ./stop_services.sh"
  exit 2
fi

ended=0
for name in client app_service quantum_service; do
  if [ -n "$(running "$name")" ]; then ended=$((ended + 1)); fi
  end "$name"
done
if [ "$ended" -eq 0 ]; then say "Nothing runs that ./start_services.sh started."; fi
