# The config file: where it is looked for, what it may hold; and the one that the command `config` prints.
. "$E2E/lib.sh"
load=(--profiles none --url http://127.0.0.1:1/ --dry-run)
vus() { "$PROGRAM" loadtest "${load[@]}" "$@" | grep vus; }
mkdir -p "$HOME/.config/kubectl-pprof" xdg/kubectl-pprof
echo 'loadtest: {vus: 3}' >"$HOME/.config/kubectl-pprof/config.yaml"
echo 'loadtest: {vus: 4}' >xdg/kubectl-pprof/config.yaml
echo 'loadtest: {vus: 5}' >given.yaml
vus
XDG_CONFIG_HOME=$PWD/xdg vus
XDG_CONFIG_HOME=xdg vus
XDG_CONFIG_HOME=$PWD/none vus
XDG_CONFIG_HOME=$PWD/xdg vus --config given.yaml
XDG_CONFIG_HOME=$PWD/xdg vus --config given.yaml --vus 6
run loadtest "${load[@]}" --config missing.yaml
wrong() {
	cat >given.yaml
	run loadtest "${load[@]}" --config given.yaml
}
wrong <<<'gaurd: {}'
wrong <<<'nonsense: {}'
wrong <<<'[loadtest]'
wrong <<<'loadtest: 3'
wrong <<<$'loadtest:\n  windwo: 3s'
wrong <<<$'loadtest:\n  rate: 5\n  think: 3s'
wrong <<<$'guard:\n  vus: 3'
wrong <<<$'guard: [3]'
wrong <<<'top: {whatever: 1}'
run top --config given.yaml
rm -r "$HOME/.config" xdg

echo '# the printed one'
"$PROGRAM" config >given.yaml
sed '/^loadtest:/,$d' given.yaml
run loadtest "${load[@]}" --config given.yaml
run config x
# It has every option of --help that a file may hold, and no other.
options() { "$PROGRAM" "$1" --help | sed -nE 's/^ +(-[a-zA-Z], )?--([a-z0-9-]+).*/\2/p' | grep -vxE 'file|yes|config|dry-run' | sort; }
for command in loadtest top; do
	diff <(options $command) <(sed -n "/^$command:/,/^\$/s/^  #\([a-z0-9-]*\): .*/\1/p" given.yaml | sort) && echo "$command: all of them"
done
rm given.yaml
