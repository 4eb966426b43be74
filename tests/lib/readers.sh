# shellcheck shell=bash
# Others' programs that read what a run leaves, of these versions, in a folder of their own; sourced. Tests hold our
# files against them: HdrHistogram's and Prometheus' Python packages, and a report maker for k6's summaries.

readers_python=(hdrhistogram==0.10.8 pbr==7.1.3 prometheus_client==0.26.0 setuptools==84.2.1)
readers_node=(k6-html-reporter@1.0.5 ejs@3.1.10)
readers=${XDG_CACHE_HOME:-$HOME/.cache}/kubectl-pprof/readers-1

readers_there() { [ -e "$readers/whole" ]; }

readers_fetch() {
	echo "readers: fetching ${readers_python[*]} ${readers_node[*]}" >&2
	rm -rf "$readers"
	mkdir -p "$readers/node"
	/usr/bin/python3 -m venv "$readers/python" &&
		"$readers/python/bin/pip" install -q --disable-pip-version-check --no-deps "${readers_python[@]}" &&
		npm install --prefix "$readers/node" --silent --ignore-scripts --no-audit --no-fund --no-save "${readers_node[@]}" >/dev/null &&
		touch "$readers/whole"
}
