# shellcheck shell=bash
# Builds a preset; sourced, and called in the top folder. Nothing is printed unless it fails.

build_preset() { # preset [target...] : the words of the build are in build/PRESET.log
	local log=build/$1.log preset=$1
	shift
	mkdir -p build
	cmake --preset "$preset" >"$log" 2>&1 &&
		cmake --build --preset "$preset" ${1:+--target} "$@" >>"$log" 2>&1 && return
	tail -n 40 "$log"
	return 1
}
