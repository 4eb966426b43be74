# shellcheck shell=bash
# Finds a Go that is new enough; sourced, then `go_use` puts it first on PATH.
# Where only an older one is installed, that one fetches the toolchain as the module it is published as.

go_wanted=1.25
go_toolchain=v0.0.1-go1.26.0.linux-$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')
go_cache=${XDG_CACHE_HOME:-$HOME/.cache}/kubectl-pprof/go

go_new_enough() { # program
	local found
	found=$(GOTOOLCHAIN=local "$1" version 2>/dev/null | sed -n 's/^go version go\([0-9.]*\).*/\1/p')
	[ -n "$found" ] && [ "$(printf '%s\n' "$go_wanted" "$found" | sort -V | head -n 1)" = "$go_wanted" ]
}

go_any() { # prints some Go, however old
	command -v go || command -v /usr/local/go/bin/go || command -v /usr/lib/go/bin/go
}

go_find() { # sets go_program to one that is new enough
	for go_program in "$(command -v go)" /usr/local/go/bin/go "$go_cache/bin/go"; do
		if [ -x "$go_program" ] && go_new_enough "$go_program"; then
			return 0
		fi
	done
	go_program=
	return 1
}

go_fetch() {
	local old folder
	old=$(go_any) || { echo "go: none found; run tests/setup" >&2; return 1; }
	echo "go: fetching $go_toolchain with $old" >&2
	folder=$(cd / && GOFLAGS='' GOTOOLCHAIN=local "$old" mod download -json "golang.org/toolchain@$go_toolchain" |
		sed -n 's/^[[:space:]]*"Dir": "\(.*\)",\{0,1\}$/\1/p')
	[ -d "$folder" ] || { echo "go: golang.org/toolchain@$go_toolchain could not be fetched" >&2; return 1; }
	go_adopt "$folder"
}

# Module files are read-only and not executable, so the toolchain is copied out of the module cache.
go_adopt() { # folder
	mkdir -p "${go_cache%/*}"
	rm -rf "$go_cache" "$go_cache.new"
	cp -R "$1" "$go_cache.new"
	chmod -R u+w "$go_cache.new"
	chmod +x "$go_cache.new"/bin/* "$go_cache.new"/pkg/tool/*/*
	mv "$go_cache.new" "$go_cache"
}

go_use() {
	go_find || go_fetch && go_find || return 1
	PATH=$(dirname "$go_program"):$PATH
	export PATH GOTOOLCHAIN=local
	unset GOROOT
}
