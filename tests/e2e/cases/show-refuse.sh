# show, diff and merge: what cannot be read or makes no sense is one line, and an exit status.
. "$E2E/lib.sh"
profiles=$ROOT/tests/capture/profiles
cp "$profiles"/{cpu,heap}.pb.gz "$profiles/hand-negative.pb" .
head -c 5000 cpu.pb.gz >short.pb.gz
gzip -d <cpu.pb.gz | head -c 9000 >short.pb
{ head -c 3000 cpu.pb.gz; printf 'damaged!'; tail -c +3009 cpu.pb.gz; } >damaged.pb.gz
head -c 700000000 /dev/zero | gzip -1 >bomb.pb.gz
: >empty
echo hello >hello.txt
head -n 8 "$profiles/goroutine-1.txt" >short.txt
echo 'heap profile: 1: 2 [3: 4] @ heap/1048576' >heap.txt
mkdir run nothing
cp heap.pb.gz run/
for file in short.pb.gz short.pb damaged.pb.gz bomb.pb.gz empty hello.txt short.txt heap.txt missing.pb.gz run nothing; do
	run show $file
done
run show
run show one two
run show cpu.pb.gz --profile heap
run show cpu.pb.gz --sample-type inuse_space
run show cpu.pb.gz --sample-type 2
run show cpu.pb.gz --focus 'a(b'
run show cpu.pb.gz --ignore '[z-a]'
run show cpu.pb.gz --peek '*'
run show cpu.pb.gz --peek nowhere
run show cpu.pb.gz --peek main --tree
run show cpu.pb.gz --focus '^([a-z]|[a-z/]|[a-z/.])+$'
run show cpu.pb.gz -o svg --tree
run show cpu.pb.gz -o xml
run show hand-negative.pb -o svg
run show hand-negative.pb -o speedscope
run diff cpu.pb.gz
run diff cpu.pb.gz heap.pb.gz
run diff cpu.pb.gz cpu.pb.gz heap.pb.gz
run diff - -
run diff cpu.pb.gz missing.pb.gz
run diff cpu.pb.gz cpu.pb.gz -o folded --top 3
"$PROGRAM" show cpu.pb.gz >/dev/full 2>"$AUX/err" || echo "[$?] $(cat "$AUX/err")"
