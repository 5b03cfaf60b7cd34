#!/usr/bin/env bash
# The chart before a real API server (etcd and kube-apiserver on loopback, no nodes), in a namespace
# that enforces the restricted profile: every object by server-side dry run, every pod by admission.
. "$(dirname "$0")/common.sh"
API=$WORK/api
rm -rf "$API"
api_files "$API" 16443

stop() { for name in apiserver etcd; do [ -e "$API/$name.pid" ] && kill "$(cat "$API/$name.pid")" 2>/dev/null || true; done; }
trap stop EXIT
setsid etcd --data-dir "$API/etcd" --unsafe-no-fsync --listen-client-urls http://127.0.0.1:12379 \
  --advertise-client-urls http://127.0.0.1:12379 --listen-peer-urls http://127.0.0.1:12380 \
  --initial-advertise-peer-urls http://127.0.0.1:12380 --initial-cluster default=http://127.0.0.1:12380 \
  >"$WORK/log/etcd.log" 2>&1 </dev/null &
echo $! >"$API/etcd.pid"
setsid kube-apiserver --etcd-servers=http://127.0.0.1:12379 --bind-address=127.0.0.1 --secure-port=16443 \
  --advertise-address=127.0.0.1 --endpoint-reconciler-type=none --cert-dir="$API/pki" \
  --service-account-issuer=https://kubernetes.default.svc --service-account-key-file="$API/pki/sa.key" \
  --service-account-signing-key-file="$API/pki/sa.key" --service-cluster-ip-range=10.96.0.0/24 \
  --authorization-mode=Node,RBAC --token-auth-file="$API/pki/tokens.csv" \
  >"$WORK/log/apiserver.log" 2>&1 </dev/null &
echo $! >"$API/apiserver.pid"
until_true 300 "the API server" kubectl get --raw /readyz
say "API server $(kubectl version -o json | sed -n 's/.*"gitVersion": "\(v[^"]*\)".*/\1/p' | tail -n 1)"

kubectl create namespace tierline >/dev/null
kubectl label namespace tierline pod-security.kubernetes.io/enforce=restricted \
  pod-security.kubernetes.io/warn=restricted >/dev/null
until_true 60 "the namespace's account" kubectl create serviceaccount default
kubectl create priorityclass business --value=1000 >/dev/null

check() { # check NAME FILE: all objects that Kubernetes itself knows, and every pod as a pod
  local said
  "$PY" "$HERE/apart.py" "$2" "$API/$1"
  said=$(kubectl apply --server-side --dry-run=server -f "$API/$1/objects.yaml" 2>&1) || { echo "$said"; die "$1"; }
  echo "$said" | grep -qi 'warning' && { echo "$said"; die "$1: a warning"; }
  kubectl create serviceaccount tierline --dry-run=client -o yaml | kubectl apply --server-side -f - >/dev/null
  kubectl apply --dry-run=server -f "$API/$1/pods.yaml" >/dev/null || die "$1: a pod is refused"
  say "$1: $(echo "$said" | wc -l) objects taken without a warning, $(grep -c '^kind: Pod' "$API/$1/pods.yaml") pods admitted as restricted"
}
helm template tierline "$ROOT/deploy/helm/tierline" --namespace tierline >"$API/default.yaml"
check "the chart" "$API/default.yaml"
check "plain manifests" "$ROOT/deploy/manifests/tierline.yaml"
check "every option" "$ROOT/tests/deploy/everything.yaml"

sed 's/runAsNonRoot: true/runAsNonRoot: false/' "$API/the chart/pods.yaml" >"$API/bad.yaml"
kubectl apply --dry-run=server -f "$API/bad.yaml" >"$API/bad.log" 2>&1 && die "a pod that may be root was admitted"
grep -q 'violates PodSecurity "restricted' "$API/bad.log" || die "refused for another reason"
say "a pod that may be root is refused, so admission is on"
say "admission: passed"
