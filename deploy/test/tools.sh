#!/usr/bin/env bash
# Builds what the steps need and the machine lacks, from the Go module proxy, one after the other:
# helm, docker-compose, etcd, and Kubernetes itself. Half an hour on two cores, once; Go 1.26 or newer.
. "$(dirname "$0")/common.sh"

HELM=v4.3.1 COMPOSE=v2.40.3 ETCD=v3.6.8 KUBERNETES=1.36.3 COREDNS=v1.15.0
BUILD=$WORK/build
export GOPATH=${GOPATH:-$WORK/go} GOBIN=$WORK/bin GOTOOLCHAIN=local
export GOFLAGS=${GOFLAGS:-}
flags=(-trimpath -ldflags "-s -w")
module_file() { (cd / && go mod download -json "$1") | sed -n 's/^\t"GoMod": "\(.*\)",*$/\1/p'; }
once() { # once PROGRAM FUNCTION
  [ -x "$WORK/bin/$1" ] && return
  local began=$SECONDS
  mkdir -p "$BUILD/$1" && (cd "$BUILD/$1" && "$2" "$1") >"$WORK/log/build-$1.log" 2>&1 ||
    { tail -20 "$WORK/log/build-$1.log"; die "building $1"; }
  say "$1 built in $((SECONDS - began)) s"
}

install_helm() { go install "${flags[@]}" "helm.sh/helm/v4/cmd/helm@$HELM"; }
install_coredns() { go install "${flags[@]}" "github.com/coredns/coredns@$COREDNS"; }

build_compose() { # its go.mod excludes versions, which `go install` refuses: a module around it
  { sed 's#^module .*#module local/compose#' "$(module_file "github.com/docker/compose/v2@$COMPOSE")"
    echo "require github.com/docker/compose/v2 $COMPOSE"; } >go.mod
  GOFLAGS="$GOFLAGS -mod=mod" go build -trimpath -o "$WORK/bin/docker-compose" \
    -ldflags "-s -w -X github.com/docker/compose/v2/internal.Version=$COMPOSE" github.com/docker/compose/v2/cmd
  mkdir -p "$DOCKER_CONFIG/cli-plugins" && ln -sf "$WORK/bin/docker-compose" "$DOCKER_CONFIG/cli-plugins/"
}

build_etcd() {
  printf 'module local/etcd\n\ngo 1.26\n\nrequire go.etcd.io/etcd/server/v3 %s\n' "$ETCD" >go.mod
  printf 'package main\n\nimport (\n\t"os"\n\n\t"go.etcd.io/etcd/server/v3/etcdmain"\n)\n\nfunc main() { etcdmain.Main(os.Args) }\n' >main.go
  GOFLAGS="$GOFLAGS -mod=mod" go mod tidy && go build "${flags[@]}" -o "$WORK/bin/etcd" .
}

# What holds a pod's network open: a process that waits to be ended.
build_pause() {
  printf 'module local/pause\n\ngo 1.26\n' >go.mod
  cat >main.go <<'G'
package main

import (
	"os"
	"os/signal"
	"syscall"
)

func main() {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGINT, syscall.SIGTERM)
	<-asked
}
G
  CGO_ENABLED=0 go build "${flags[@]}" -o "$WORK/bin/pause" .
}

# Kubernetes' go.mod asks for its own parts at v0.0.0, which its repository replaces by folders.
build_kubernetes() {
  local file of=k8s.io/component-base/version
  cd "$BUILD" && mkdir -p kubernetes && cd kubernetes
  if [ ! -e go.sum ]; then
    file=$(module_file "k8s.io/kubernetes@v$KUBERNETES")
    { printf 'module local/kubernetes\n\ngo 1.26\n\nrequire k8s.io/kubernetes v%s\n\n' "$KUBERNETES"
      sed -n 's/^\t\(k8s\.io\/[^ ]*\) v0\.0\.0$/\1/p' "$file" |
        while read -r part; do echo "replace $part => $part v0.${KUBERNETES#1.}"; done; } >go.mod
    { printf '//go:build tools\n\npackage tools\n\nimport (\n'
      printf '\t_ "k8s.io/kubernetes/cmd/%s/app"\n' kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy
      printf '\t_ "k8s.io/kubectl/pkg/cmd"\n)\n'; } >tools.go
    GOFLAGS="$GOFLAGS -mod=mod" go mod tidy
  fi
  GOFLAGS="$GOFLAGS -mod=mod" go build -trimpath -o "$WORK/bin/$1" \
    -ldflags "-s -w -X $of.gitVersion=v$KUBERNETES -X $of.gitMajor=1 -X $of.gitMinor=$(echo $KUBERNETES | cut -d. -f2)" \
    "k8s.io/kubernetes/cmd/$1"
}

for tool in ${*:-helm docker-compose etcd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl coredns pause}; do
  case $tool in
  helm | coredns) once "$tool" "install_$tool" ;;
  docker-compose) once "$tool" build_compose ;;
  etcd) once "$tool" build_etcd ;;
  pause) once "$tool" build_pause ;;
  kube*) once "$tool" build_kubernetes ;;
  *) die "no such tool: $tool" ;;
  esac
done
