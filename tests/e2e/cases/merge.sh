# merge: what go tool pprof -proto makes, in a file of its owner's that is whole or not there.
. "$E2E/lib.sh"
profiles=$ROOT/tests/capture/profiles
cp "$profiles"/{cpu,cpu-2,cpu-3,cpu-labels,heap}.pb.gz "$profiles"/goroutine-*.txt .
mkdir run
cp cpu-2.pb.gz run/cpu.pb.gz
raw() { go_pprof -raw -symbolize=none "$@" 2>/dev/null; }
umask 000
run merge out.pb.gz cpu.pb.gz cpu-2.pb.gz cpu-3.pb.gz
stat -c '%A %n' out.pb.gz
go_pprof -proto -symbolize=none -output=go.pb.gz cpu.pb.gz cpu-2.pb.gz cpu-3.pb.gz 2>/dev/null >&2
cmp <(raw out.pb.gz) <(raw go.pb.gz) && echo 'it is what go tool pprof -proto makes'
run merge out.pb.gz cpu.pb.gz
run merge out.pb.gz cpu.pb.gz run --force
cmp <(raw out.pb.gz) <(raw cpu.pb.gz cpu-2.pb.gz) && echo 'it was written over'
echo '$ kubectl pprof merge - cpu.pb.gz cpu-labels.pb.gz >labels.pb.gz'
"$PROGRAM" merge - cpu.pb.gz cpu-labels.pb.gz >labels.pb.gz
cmp <(raw labels.pb.gz) <(raw cpu.pb.gz cpu-labels.pb.gz) && echo 'labels are merged too'
run merge dumps.pb.gz goroutine-2.txt
go_pprof -tags dumps.pb.gz 2>/dev/null | sed -n '/state/,/^$/p'
run merge mixed.pb.gz cpu.pb.gz heap.pb.gz
run merge none.pb.gz cpu.pb.gz missing.pb.gz
run merge nowhere/out.pb.gz cpu.pb.gz
mkfifo pipe
run merge pipe cpu.pb.gz --force
run merge run cpu.pb.gz --force
[ -p pipe ] && rm pipe
run merge out.pb.gz
run merge
ls
