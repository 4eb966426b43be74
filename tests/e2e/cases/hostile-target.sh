# What the target of the load answers reaches the terminal as text only.
. "$E2E/lib.sh"
demo
against() { run loadtest --profiles none --url "http://$standin/" "${quick[@]}" "$@"; }
standin web hostile
against --out status
against --out status-json -o json >"$AUX/transcript"
check document status-json json "$AUX/out"
standin web banner
against
