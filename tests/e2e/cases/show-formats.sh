# show: stacks for other programs, and rows for a machine. Hostile names stay names in all of them.
. "$E2E/lib.sh"
cp "$ROOT/tests/capture/profiles"/{cpu,heap}.pb.gz .
/usr/bin/python3 - "$E2E" <<'PYTHON'
import sys
sys.path.insert(0, sys.argv[1])
import profile_proto
names = ["</title><script>alert(1)</script>", "a\x1b[31mred\x07", 'quote"\'&amp;\\', "semi;colon\nline",
         "\u202ereversed", "\ufffe", "n" * 10240, "root"]
open("hostile.pb.gz", "wb").write(profile_proto.encode("cpu", names))
PYTHON
for file in cpu heap hostile; do
	for form in json folded speedscope svg; do
		"$PROGRAM" show $file.pb.gz -o $form >$file.$form
		"$PROGRAM" show $file.pb.gz -o $form | cmp - $file.$form
	done
	HOME=$AUX /usr/bin/python3 - $file "$PPROF" <<'PYTHON'
import json, re, subprocess, sys
import xml.etree.ElementTree as tree
name, pprof = sys.argv[1:]
read = lambda form: open("%s.%s" % (name, form), encoding="utf-8").read()
rows = json.loads(read("json"))
total = rows["total"]
assert total > 0 and sum(row["flat"] for row in rows["rows"]) == total
assert all(abs(row["cum_percent"] - 100 * row["cum"] / total) < 1e-9 for row in rows["rows"])
want = subprocess.run([pprof, "-raw", name + ".pb.gz"], capture_output=True, text=True, errors="replace").stdout
assert ("Samples:\n" in want) and len(rows["rows"]) > 3

folded = [re.fullmatch(r"(.+) (\d+)", line).groups() for line in read("folded").splitlines()]
assert sum(int(value) for _, value in folded) == total and len({stack for stack, _ in folded}) == len(folded)

scope = json.loads(read("speedscope"))
assert scope["$schema"] == "https://www.speedscope.app/file-format-schema.json"
frames, (profile,) = scope["shared"]["frames"], scope["profiles"]
assert set(profile) == {"type", "name", "unit", "startValue", "endValue", "samples", "weights"}
assert profile["type"] == "sampled" and profile["unit"] in ("bytes", "nanoseconds")
assert len(profile["samples"]) == len(profile["weights"]) == len(folded)
assert sum(profile["weights"]) == profile["endValue"] == total and profile["startValue"] == 0
assert all(set(frame) <= {"name", "file", "line"} and frame["name"] for frame in frames)
assert len({frame["name"] for frame in frames}) == len(frames)
stacks = [";".join(frames[i]["name"].replace(";", ",") for i in stack) for stack in profile["samples"]]
assert stacks == [stack for stack, _ in folded]

svg = tree.fromstring(read("svg"))
tags = {element.tag.rpartition("}")[2] for element in svg.iter()}
assert tags <= {"svg", "g", "title", "rect", "text", "tspan"}, tags
assert all(not key.startswith("on") and "href" not in key for element in svg.iter() for key in element.attrib)
frames = [group for group in svg.iter("{http://www.w3.org/2000/svg}g") if group[0].tag.endswith("title")]
tips = " ".join(group[0].text for group in frames)
assert all(row["function"].replace("\ufffe", "?") in tips for row in rows["rows"] if row["cum"] > 0.01 * total)
assert all(float(group[1].get("x")) + float(group[1].get("width")) < 1190.1 for group in frames)
for form in ("json", "folded", "speedscope", "svg"):
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", read(form)), form
print("%s: rows, stacks and frames agree" % name)
PYTHON
done
run show hostile.pb.gz --top 2
run show cpu.pb.gz -o json --tree --top 1
