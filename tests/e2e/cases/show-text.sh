# show: rows, trees and lines, from a file, a run, standard input and text dumps. That they are those of go tool pprof on
# every profile, tests/capture/show_go checks.
. "$E2E/lib.sh"
profiles=$ROOT/tests/capture/profiles
cp "$profiles"/{cpu,heap,goroutine}.pb.gz "$profiles"/goroutine-*.txt .
mkdir -p run/idle
cp cpu.pb.gz run/
cp "$profiles/heap.pb.gz" run/idle/
run show cpu.pb.gz --top 5
run show cpu.pb.gz --cum --top=3 --sample-type samples
run show heap.pb.gz --lines --top 3 --sample-type 1
run show cpu.pb.gz --tree --top 2 --cum
run show cpu.pb.gz --peek 'memclr.*Heap'
run show cpu.pb.gz --focus 'json|gzip' --ignore mallocgc --top 3
run show cpu.pb.gz --focus nowhere --ignore nothing
run show goroutine-1.txt --top 3
run show goroutine-2.txt --top 3
run show run --top 1
run show run --top 1 --profile idle/heap
run show ./run/idle --profile heap.pb.gz --top 1
echo '$ kubectl pprof show - --top 1 <heap.pb.gz'
"$PROGRAM" show - --top 1 <heap.pb.gz
echo '$ gzip -d <heap.pb.gz | kubectl pprof show - --top 1'
gzip -d <heap.pb.gz | "$PROGRAM" show - --top 1
for go in 'top' 'tree' 'peek=json'; do
	ours=${go/top/top=0}
	go_pprof "-$go" heap.pb.gz 2>/dev/null | sed 's/[[:blank:]]*$//' | cmp - <("$PROGRAM" show heap.pb.gz "--$ours") &&
		echo "-$go is go tool pprof's"
done
