# A run directory that cannot be written, or is there: said before anything is sent.
. "$E2E/lib.sh"
demo
refused() { run loadtest --pprof-url "http://$pprof" --url "http://$http/json" "${quick[@]}" "$@"; }
mkdir there
touch file pprof-runs
ln -s nowhere link
refused --out there
refused --out there/
refused --out file
refused --out link
refused --out file/run
refused --out missing/run
refused --out /proc/run
refused --out ''
refused
rm pprof-runs
served
find . | sort
