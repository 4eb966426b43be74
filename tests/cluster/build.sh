# shellcheck shell=bash
# Builds the programs from their published modules into the cache, and images out of single static programs.

build_tools() { # module-folder output-folder ldflags... : the `tool` lines of go.mod say what is built
	local from=$here/$1 to=$2
	shift 2
	mkdir -p "$to.new"
	(cd "$from" && CGO_ENABLED=0 GOFLAGS=-mod=readonly go build -trimpath -ldflags "-s -w $*" -o "$to.new/" tool) ||
		die "could not build $from"
	rm -rf "$to"
	mv "$to.new" "$to"
}

version_flags() {
	local package minor=${kubernetes#1.}
	for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
		printf -- '-X %s.gitVersion=v%s -X %s.gitMajor=1 -X %s.gitMinor=%s ' \
			$package "$kubernetes" $package $package "${minor%.*}"
	done
}

# Kept once built. Two callers at a time take turns.
build() {
	mkdir -p "$cache"
	exec 9>"$cache/lock"
	flock 9
	if [ ! -x "$programs/kubelet" ]; then
		say "building Kubernetes $kubernetes, some minutes, once"
		build_tools "k8s-$kubernetes" "$programs" "$(version_flags)"
	fi
	if [ ! -x "$metrics_server_program" ]; then
		say "building metrics-server $metrics_server"
		build_tools metrics-server "${metrics_server_program%/*}"
	fi
	if [ ! -x "$cache/pause" ] || [ "$here/pause.c" -nt "$cache/pause" ]; then
		gcc -Os -static -s -o "$cache/pause" "$here/pause.c"
	fi
	(cd "$here/../demo-service" && CGO_ENABLED=0 go build -trimpath -o "$cache/demo-service" .)
	exec 9>&-
}

# A docker archive: one layer with the program as /app.
image() { # name:tag program archive
	local work digest
	work=$(mktemp -d)
	mkdir "$work/root" "$work/image"
	install -m 755 "$2" "$work/root/app"
	tar -C "$work/root" --owner=0 --group=0 --mtime=@0 -cf "$work/image/layer.tar" app
	digest=$(sha256sum "$work/image/layer.tar" | cut -d ' ' -f 1)
	cat >"$work/image/config.json" <<-END
		{"architecture": "$(dpkg --print-architecture)", "os": "linux", "config": {"Entrypoint": ["/app"]},
		 "rootfs": {"type": "layers", "diff_ids": ["sha256:$digest"]}}
	END
	cat >"$work/image/manifest.json" <<-END
		[{"Config": "config.json", "RepoTags": ["$1"], "Layers": ["layer.tar"]}]
	END
	tar -C "$work/image" -cf "$3" manifest.json config.json layer.tar
	rm -rf "$work"
}

load_image() { # name:tag program
	local archive
	[ -S "$socket" ] || die "the cluster does not run"
	[ -x "$2" ] || die "no program '$2'"
	archive=$(mktemp --suffix=.tar)
	image "$1" "$2" "$archive"
	ctr_k8s images import "$archive" >/dev/null
	rm -f "$archive"
}
