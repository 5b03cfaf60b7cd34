# What the steps share; each sources it. Everything is kept in one folder, outside the repository.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)
WORK=${TIERLINE_DEPLOY_WORK:-$HERE/work}
mkdir -p "$WORK"/{bin,log,run}
export PATH="$WORK/bin:$PATH"
export DOCKER_HOST="unix://$WORK/run/docker.sock"
export DOCKER_CONFIG="$WORK/docker-config"
export DOCKER_BUILDKIT=0
PY=${PY:-$ROOT/.venv/bin/python}
TARGETS=(cli intake router sla-timer notifier console)

say() { printf '%s  %s\n' "$(date -u +%H:%M:%S)" "$*"; }
die() { say "FAILED: $*" >&2; exit 1; }

# api_files FOLDER PORT: keys for an API server, and KUBECONFIG of one who may do everything there.
api_files() {
  local token
  mkdir -p "$1/pki"
  openssl genrsa -out "$1/pki/sa.key" 2048 2>/dev/null
  token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  echo "$token,admin,admin,system:masters" >"$1/pki/tokens.csv"
  cat >"$1/kubeconfig" <<K
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://127.0.0.1:$2", insecure-skip-tls-verify: true}}]
users: [{name: u, user: {token: $token}}]
contexts: [{name: x, context: {cluster: c, user: u, namespace: tierline}}]
current-context: x
K
  export KUBECONFIG=$1/kubeconfig
}

# until_true SECONDS WHAT COMMAND...: look again and again until the command is true.
until_true() {
  local most=$1 what=$2 end=$((SECONDS + $1))
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || die "$what: not within $most s"
    sleep 0.2
  done
}
