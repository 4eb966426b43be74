# shellcheck shell=bash
# The accessibility checker axe-core: one script. Sourced; axe_fetch takes it out of the Python package that carries it.

axe_package=axe-playwright-python==0.1.8
axe_cache=${XDG_CACHE_HOME:-$HOME/.cache}/kubectl-pprof/axe-0.1.8.min.js

axe_find() { # sets axe_script, empty with a word when it is not there
	axe_script=$axe_cache
	[ -s "$axe_script" ] || { axe_script= && echo "axe: not there, so accessibility is not checked; run tests/setup report" >&2; }
}

axe_fetch() {
	local folder
	folder=$(mktemp -d)
	python3 -m pip download --quiet --no-deps --disable-pip-version-check --dest "$folder" "$axe_package" &&
		mkdir -p "${axe_cache%/*}" &&
		python3 -c 'import sys, zipfile
names = zipfile.ZipFile(sys.argv[1])
sys.stdout.buffer.write(names.read("axe_playwright_python/axe.min.js"))' "$folder"/*.whl >"$axe_cache.new" &&
		mv "$axe_cache.new" "$axe_cache"
	rm -rf "$folder"
	[ -s "$axe_cache" ]
}
