#!/usr/bin/env bash
# A real cluster of one node in a network of its own: etcd, API server, controllers, scheduler,
# containerd, kubelet, kube-proxy and names. `cluster.sh up | drill | down | in COMMAND...`: `drill`
# follows tests/cluster, `in` runs a command in that network. Needs root, containerd, runc, iptables,
# Debian's containernetworking-plugins, and what `tools.sh` builds; the images come from the engine of
# `engine.sh`, which must be up for `up`.
. "$(dirname "$0")/common.sh"
NODE=$WORK/node
SHARE=/sys/fs/cgroup/cpu/tierline-node
NODE_IP=10.99.0.1 DNS_IP=10.96.0.10
export KUBECONFIG=$NODE/kubeconfig

running() { [ -e "$NODE/network.pid" ] && kill -0 "$(cat "$NODE/network.pid")" 2>/dev/null; }
inside() { echo --target "$(cat "$NODE/network.pid")" --net --mount --wd="$PWD"; }
in_network() { nsenter $(inside) "$@"; }
background() { # background NAME COMMAND...: in the cluster's network, its output in a log
  local name=$1
  shift
  nsenter $(inside) setsid "$@" >"$WORK/log/node-$name.log" 2>&1 </dev/null &
  echo $! >"$NODE/$name.pid"
  # One share of the processor for all of them, as on a node of its own: outside a group each of their
  # threads would weigh half as much as all pods together, which then starve while pods come and go.
  mkdir -p "$SHARE" 2>/dev/null && echo $! >"$SHARE/cgroup.procs" 2>/dev/null || true
}

write_files() {
  mkdir -p "$NODE"/{cni,kubelet,state,sysctl}
  api_files "$NODE" 16443
  cat >"$NODE/cni/10-bridge.conflist" <<K
{"cniVersion": "0.4.0", "name": "bridge", "plugins": [{"type": "bridge", "bridge": "cni0",
 "isGateway": true, "hairpinMode": true, "ipam": {"type": "host-local", "dataDir": "$NODE/ipam",
 "ranges": [[{"subnet": "10.244.1.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}
K
  cat >"$NODE/containerd.toml" <<K
version = 2
root = "$NODE/containerd"
state = "$NODE/state"
[grpc]
  address = "$NODE/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "stand-in/pause:test"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$NODE/cni"
[plugins."io.containerd.internal.v1.opt"]
  path = "$NODE/opt"
K
  cat >"$NODE/kubelet.yaml" <<K
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
failCgroupV1: false
featureGates: {KubeletInUserNamespace: true}
cgroupDriver: cgroupfs
containerRuntimeEndpoint: unix://$NODE/containerd.sock
address: $NODE_IP
authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
authorization: {mode: AlwaysAllow}
healthzBindAddress: 127.0.0.1
clusterDomain: cluster.local
clusterDNS: [$DNS_IP]
failSwapOn: false
oomScoreAdj: 0
resolvConf: ""
podLogsDir: $NODE/pod-logs
imageGCHighThresholdPercent: 100
evictionHard: {memory.available: 100Mi, nodefs.available: "1%", imagefs.available: "1%"}
K
  cat >"$NODE/proxy.yaml" <<K
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clientConnection: {kubeconfig: $KUBECONFIG}
mode: iptables
iptables: {masqueradeAll: true}
hostnameOverride: node1
clusterCIDR: 10.244.0.0/16
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
healthzBindAddress: 127.0.0.1:10256
metricsBindAddress: 127.0.0.1:10249
nodePortAddresses: ["127.0.0.0/8"]
K
  printf '.:53 {\n  bind %s\n  errors\n  kubernetes cluster.local {\n    kubeconfig %s\n  }\n}\n' \
    "$NODE_IP" "$KUBECONFIG" >"$NODE/Corefile"
}

# The cluster's network, and a mount space in which kubelet finds the machine's settings as it wants
# them: it would set them for the whole machine otherwise.
make_network() {
  # shellcheck disable=SC2016 - expanded inside
  setsid unshare --net --mount bash -c '
    set -e
    node=$1 ip=$2
    mount --make-rprivate /
    ip link set lo up
    ip link add node0 type bridge
    ip addr add "$ip/24" dev node0
    ip link set node0 up
    ip route add default via "${ip%.*}.2" dev node0
    echo 1 >/proc/sys/net/ipv4/ip_forward
    for wanted in kernel/panic=10 kernel/panic_on_oops=1 vm/overcommit_memory=1 vm/panic_on_oom=0; do
      file=$node/sysctl/$(echo "${wanted%=*}" | tr / _)
      echo "${wanted#*=}" >"$file"
      mount --bind "$file" "/proc/sys/${wanted%=*}"
    done
    mount --bind "$node/kubelet" "$node/kubelet"
    mount --make-rshared "$node/kubelet"
    echo $$ >"$node/network.pid"
    exec sleep infinity' network "$NODE" "$NODE_IP" >"$WORK/log/node-network.log" 2>&1 </dev/null &
  until_true 10 "the network" running
}

start_control_plane() {
  background etcd etcd --data-dir "$NODE/etcd" --unsafe-no-fsync \
    --listen-client-urls http://127.0.0.1:12379 --advertise-client-urls http://127.0.0.1:12379 \
    --listen-peer-urls http://127.0.0.1:12380 --initial-advertise-peer-urls http://127.0.0.1:12380 \
    --initial-cluster default=http://127.0.0.1:12380
  background apiserver kube-apiserver --etcd-servers=http://127.0.0.1:12379 --bind-address=127.0.0.1 \
    --secure-port=16443 --advertise-address=127.0.0.1 --endpoint-reconciler-type=none \
    --cert-dir="$NODE/pki" --service-account-issuer=https://kubernetes.default.svc \
    --service-account-key-file="$NODE/pki/sa.key" --service-account-signing-key-file="$NODE/pki/sa.key" \
    --service-cluster-ip-range=10.96.0.0/24 --authorization-mode=Node,RBAC --allow-privileged \
    --token-auth-file="$NODE/pki/tokens.csv" --kubelet-preferred-address-types=InternalIP
  until_true 120 "the API server" in_network kubectl get --raw /readyz
  local common=(--kubeconfig="$KUBECONFIG" --authentication-kubeconfig="$KUBECONFIG"
    --authorization-kubeconfig="$KUBECONFIG" --bind-address=127.0.0.1 --leader-elect=false)
  background controllers kube-controller-manager "${common[@]}" --cert-dir="$NODE/pki/controllers" \
    --service-account-private-key-file="$NODE/pki/sa.key" --root-ca-file="$NODE/pki/apiserver.crt"
  background scheduler kube-scheduler "${common[@]}" --cert-dir="$NODE/pki/scheduler"
}

start_node() {
  background kubelet kubelet --config "$NODE/kubelet.yaml" --kubeconfig "$KUBECONFIG" \
    --root-dir "$NODE/kubelet" --cert-dir "$NODE/pki/kubelet" --hostname-override node1 --node-ip "$NODE_IP" \
    --housekeeping-interval 30s # it counts what containers use; ten seconds cost a fifth of a core
  background proxy kube-proxy --config "$NODE/proxy.yaml"
  background names coredns -conf "$NODE/Corefile"
  until_true 60 "the name server" in_network bash -c "exec 3<>/dev/tcp/$NODE_IP/53"
  until_true 120 "the node" in_network kubectl wait node/node1 --for condition=Ready --timeout 1s
  in_network kubectl apply --server-side -f - >/dev/null <<K
apiVersion: v1
kind: Service
metadata: {name: names, namespace: kube-system}
spec: {clusterIP: $DNS_IP, ports: [{name: udp, port: 53, protocol: UDP}, {name: tcp, port: 53}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: names, namespace: kube-system, labels: {kubernetes.io/service-name: names}}
addressType: IPv4
endpoints: [{addresses: [$NODE_IP], conditions: {ready: true}}]
ports: [{name: udp, port: 53, protocol: UDP}, {name: tcp, port: 53, protocol: TCP}]
K
}

up() {
  down
  write_files
  local began=$SECONDS
  docker image inspect stand-in/pause:test >/dev/null 2>&1 || {
    mkdir -p "$WORK/run/pause" && cp "$WORK/bin/pause" "$WORK/run/pause"
    printf 'FROM scratch\nCOPY pause /pause\nENTRYPOINT ["/pause"]\n' >"$WORK/run/pause/Dockerfile"
    docker build -q -t stand-in/pause:test "$WORK/run/pause" >/dev/null
  }
  make_network
  background containerd containerd -c "$NODE/containerd.toml"
  until_true 60 "containerd" in_network ctr -a "$NODE/containerd.sock" version
  say "images into the node: ${IMAGES[*]}"
  docker save stand-in/pause:test "${IMAGES[@]}" |
    in_network ctr -a "$NODE/containerd.sock" -n k8s.io images import - >/dev/null
  say "$((SECONDS - began)) s"
  began=$SECONDS
  start_control_plane
  start_node
  say "the node is ready after $((SECONDS - began)) s"
}

# What the node runs is ended by what started it: pods first, then the parts in turn.
down() {
  running || { rm -rf "$NODE" 2>/dev/null || true; return 0; }
  in_network kubectl delete namespace tierline servers --ignore-not-found --timeout 90s >/dev/null 2>&1 || true
  local name file
  for name in kubelet proxy names scheduler controllers apiserver etcd containerd network; do
    file=$NODE/$name.pid
    [ -e "$file" ] && kill "$(cat "$file")" 2>/dev/null || true
    sleep 0.3
  done
  until_true 20 "the network's end" sh -c "! kill -0 $(cat "$NODE/network.pid") 2>/dev/null"
  rmdir "$SHARE" 2>/dev/null || true
  rm -rf "$NODE"
}

TAGS=${TAGS:-0.1.0 0.1.1}
IMAGES=(stand-in/postgres:test stand-in/kafka:test)
for tag in $TAGS; do for target in "${TARGETS[@]}"; do IMAGES+=("tierline/$target:$tag"); done; done
case ${1:-} in
up) up ;;
down) down ;;
drill) shift && cd "$ROOT" && in_network "$PY" -m tests.cluster.run "$@" ;;
in) shift && in_network "$@" ;;
*) die "cluster.sh up | drill | down | in COMMAND..." ;;
esac
