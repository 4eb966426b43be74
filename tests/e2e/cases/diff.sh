# diff: both sides and the change, absolute and in shares; the change is what go tool pprof -diff_base says.
. "$E2E/lib.sh"
profiles=$ROOT/tests/capture/profiles
cp "$profiles"/{cpu,cpu-2,heap,allocs}.pb.gz .
mkdir before after
cp cpu.pb.gz before/
cp cpu-2.pb.gz after/cpu.pb.gz
cp "$profiles/hand-odd.pb" "$profiles/hand-names.pb" .
run diff cpu.pb.gz cpu-2.pb.gz --top 5
run diff before after --top 2 --cum --focus json
run diff before after --top 1 --lines --sample-type samples
run diff heap.pb.gz heap.pb.gz
run diff hand-odd.pb hand-names.pb
HOME=$AUX /usr/bin/python3 - "$PROGRAM" "$PPROF" <<'PYTHON'
import json, re, subprocess, sys
import xml.etree.ElementTree as tree
program, pprof = sys.argv[1:]
run = lambda *words: subprocess.run(words, capture_output=True, text=True, check=True).stdout
for before, after, kind, unit in (("cpu", "cpu-2", "cpu", "ns"), ("heap", "allocs", "alloc_space", "B")):
    before, after = before + ".pb.gz", after + ".pb.gz"
    for order in ("flat", "cum"):
        got = json.loads(run(program, "diff", before, after, "-o", "json", "--sample-type", kind,
                             *(["--cum"] if order == "cum" else [])))
        ours = [(row["change"]["flat"], row["change"]["cum"], row["function"]) for row in got["rows"]]
        text = run(pprof, "-top", "-nodefraction=0", "-" + order, "-sample_index=" + kind, "-unit=" + unit,
                   "-diff_base=" + before, after)
        rows = [re.split(r" +", line.strip(), maxsplit=5) for line in text.split("cum%\n")[1].splitlines()]
        number = lambda value: int(float(value.removesuffix(unit)))
        theirs = [(number(row[0]), number(row[3]), re.sub(r" \((partial-)?inline\)$", "", row[5])) for row in rows]
        assert ours == theirs, (order, kind)
    for side, name in (("before", before), ("after", after)):
        alone = json.loads(run(program, "show", name, "-o", "json", "--sample-type", kind))
        whole = {row["function"]: (row["flat"], row["cum"], row["flat_percent"]) for row in alone["rows"]}
        assert got[side]["total"] == alone["total"]
        for row in got["rows"]:
            wanted = whole.get(row["function"], (0, 0, 0))
            assert (row[side]["flat"], row[side]["cum"]) == wanted[:2], row
            assert abs(row[side]["flat_percent"] - wanted[2]) < 1e-9
    print("%s: the changes are go tool pprof's, the sides those of show" % kind)
folded = [line.rsplit(" ", 2) for line in run(program, "diff", "cpu.pb.gz", "cpu-2.pb.gz", "-o", "folded").splitlines()]
assert sum(int(a) for _, a, _ in folded) == 1300000000 and sum(int(b) for _, _, b in folded) == 1310000000
svg = tree.fromstring(run(program, "diff", "cpu.pb.gz", "cpu-2.pb.gz", "-o", "svg"))
fills = {rect.get("fill") for rect in svg.iter("{http://www.w3.org/2000/svg}rect")}
assert any("hsl(30," in fill for fill in fills) and any("hsl(212," in fill for fill in fills)
print("folded has both, svg both colours")
PYTHON
