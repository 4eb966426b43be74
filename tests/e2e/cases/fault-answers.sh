# Answers that end too soon or come too late are errors of their kind.
. "$E2E/lib.sh"
against() { run loadtest --profiles none --url "http://$standin/" "${quick[@]}" "$@"; }
standin web cut
against --out cut
check load cut
check holds cut 'all were cut' "run['load']['window']['errors'] == {'reset': run['load']['window']['failed']}"
standin web slow
against --timeout 200ms --out slow
check load slow
check holds slow 'all were too late' "run['load']['window']['errors'] == {'timeout': run['load']['window']['failed']}"
