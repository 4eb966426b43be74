/* What else is known of the run: goroutines, memory, capacity, plan and target. */

function drawGoroutines(run) {
	const groups = run.goroutine_groups;

	if (!Array.isArray(groups) || !groups.length)
		return;
	const body = section("goroutines");
	const after = groups.some((group) => group.after !== undefined);
	const stack = (group) => {
		const frames = group.stack || [];

		const short = (frame) => frame.replace(/\((?:[^()]*\/)?([^()/]*)\)$/, "($1)");
		const last = frames[frames.length - 1] || "", creator = last.startsWith("created by") ? `, ${short(last)}` : "";

		return el("details", null, el("summary.name", null, (short(frames[0] || "") || "(no stack)") + creator),
			el("div.stack", null, frames.join("\n")));
	};
	const count = (value) => (value === undefined || value === null ? "" : figureCount(value));

	put(body, el("div.scroll", {tabindex: 0, role: "region", "aria-label": "Goroutines by stack and state"}, table(
		["Stack", "State", "In the window", "Before", ...(after ? ["After"] : []), "Waiting"],
		groups.map((group) => [stack(group),
			[group.suspect && el("strong.up", null, `${group.suspect === true ? "suspect" : group.suspect} `), group.state || ""],
			count(group.count), count(group.idle), ...(after ? [count(group.after)] : []),
			group.minutes ? `${count(group.minutes)} min` : ""]), [0, 1])));
}

/* "load_stopped" -> "load stopped" */
const spaced = (name) => name.replace(/_/g, " ");
const known = (value, print) => (typeof value === "number" ? print(value) : "");

/* Rows of functions, each of which the flame graph can show. */
function functionTable(label, heads, rows) {
	return el("div.scroll", {tabindex: 0, role: "region", "aria-label": label},
		table(["Function", ...heads], rows.map(([row, ...cells]) => [
			el("span", null, el("span.name", null, row.function), row.file && el("span.muted.small", {title: row.file}, ` ${place(row)}`)), ...cells])));
}

function drawMemory(run) {
	const memory = run.memory || {}, made = memory.functions || [], grown = memory.growth || [];

	if (!Object.keys(memory).length)
		return;
	put(section("memory"),
		pairs([["allocated a request", known(memory.alloc_bytes_per_request, figureBytes) + (memory.relative_error ? ` \u00b1${percent(memory.relative_error)}` : "")],
			["objects a request", known(memory.alloc_objects_per_request, figureCount)],
			["in use before the load", known(memory.inuse_bytes_idle, figureBytes)],
			["in use in the window", known(memory.inuse_bytes, figureBytes)],
			["in use after it", known(memory.inuse_bytes_after, figureBytes)]]),
		made.length > 0 && [el("h3", null, "What a request allocates, by the function of yours that causes it"),
			functionTable("Allocations of a request", ["Share", "Bytes a request", "Objects a request", "\u00b1"], made.map((row) => [row,
				known(row.share, percent), known(row.alloc_bytes_per_request, figureBytes), known(row.alloc_objects_per_request, figureCount), known(row.relative_error, percent)]))],
		grown.length > 0 && [el("h3", null, "What stays in use"),
			functionTable("Memory in use", ["Before", "In the window", "After"], grown.map((row) => [row,
				known(row.inuse_bytes_idle, figureBytes), known(row.inuse_bytes, figureBytes), known(row.inuse_bytes_after, figureBytes)]))]);
}

/* The CPU by the program's own functions: each stack once, for the first frame that is its own. */
function drawCost(run) {
	const rows = (run.cpu && run.cpu.by_application) || [];

	if (!rows.length)
		return;
	put(section("cost"), el("p.muted", null, "Each stack is counted once, for its first frame that is the program's own; what has none (the garbage collector, the scheduler) for its root."),
		el("div.scroll", {tabindex: 0, role: "region", "aria-label": "CPU of a request by function"},
			table(["Function", "CPU a request", "\u00b1", "Share", "Samples"], rows.slice(0, 30).map((row) => [
				el("span", null, showFrames(row.function, row.function), row.own === false && el("span.muted.small", null, " not its own"), row.file && el("span.muted.small", {title: row.file}, ` ${place(row)}`)),
				known(row.ns_per_request, figureTime), known(row.relative_error, percent), percent(row.cum_ns / (run.cpu.cpu_ns || 1)), known(row.samples, figureCount)]))));
}

/* The replicas that were captured at the same time, each by itself. */
function drawPods(run) {
	const pods = Array.isArray(run.pods) ? run.pods : [];

	if (!pods.length)
		return;
	put(section("pods"), el("p.muted", null, "Captured at the same time. All figures but these are of all of them together; the profiles of each are in its folder."),
		el("div.scroll", {tabindex: 0, role: "region", "aria-label": "CPU by pod"},
			table(["Pod", "Of the CPU", "Cores", "\u00b1", "Samples", "Goroutines", "Restarts", "Node", "Folder"], pods.map((pod) => [
				pod.name + (pod.lost ? " (lost)" : ""), known(pod.cpu_share, percent), known(pod.cores, (cores) => cores.toPrecision(3)), known(pod.relative_error, percent),
				known(pod.samples, figureCount), known(pod.goroutines, figureCount), known(pod.restarts, figureCount), pod.node || "", pod.folder || ""]))));
}

function drawCapacity(run) {
	const capacity = run.capacity;

	if (!capacity || !Array.isArray(capacity.steps) || !capacity.steps.length)
		return;
	const keys = [...new Set(capacity.steps.flatMap((step) => Object.keys(step)))];
	const cell = (value) => (typeof value === "number" ? figureCount(value) : value === true ? "yes" : value === false ? "no" : value || "");

	put(section("capacity"),
		pairs(Object.entries(capacity).filter(([, value]) => typeof value !== "object").map(([key, value]) => [spaced(key), cell(value)])),
		el("h3", null, "Steps"),
		el("div.scroll", {tabindex: 0, role: "region", "aria-label": "Steps of the capacity search"},
			table(keys.map(spaced), capacity.steps.map((step) => keys.map((key) => cell(step[key]))), [])));
}

/* A document's leaves as terms and descriptions. */
function leaves(object, prefix = "") {
	return Object.entries(object || {}).flatMap(([key, value]) => {
		const name = prefix ? `${prefix}, ${spaced(key)}` : spaced(key);

		if (Array.isArray(value))
			return value.every((one) => typeof one !== "object") ? [[name, value.join("; ")]] : [];
		return value && typeof value === "object" ? leaves(value, name) : [[name, typeof value === "boolean" ? (value ? "yes" : "no") : String(value)]];
	});
}

function rankingTable(target) {
	const pods = target && target.ranking && (Array.isArray(target.ranking) ? target.ranking : target.ranking.pods);

	if (!Array.isArray(pods) || !pods.length)
		return null;
	const keys = [...new Set(pods.flatMap((pod) => Object.keys(pod).filter((key) => typeof pod[key] !== "object")))];

	return foldedTable("Pods that were ranked", keys.map(spaced), pods.map((pod) => keys.map((key) => (
		/bytes/.test(key) ? figureBytes(pod[key]) : pod[key] === undefined ? "" : String(pod[key])))));
}

function errorRows(run) {
	const counts = run.load && run.load.window, list = [];

	for (const [key, value] of Object.entries({...(counts || {}).status, ...(counts || {}).errors}))
		list.push([/^\dxx$/.test(key) ? `status ${key}` : key, figureCount(value)]);
	return list;
}

function captureRows(run) {
	return [...(run.captures || []), ...(run.idle_captures || []), ...(run.after_captures || [])].map((one) => [one.file,
		one.begin ? `${one.begin.elapsed_s.toFixed(1)}s` : "", one.end ? `${one.end.elapsed_s.toFixed(1)}s` : "",
		one.captured ? figureBytes(one.bytes) : "", one.error || (one.partial ? "partial" : one.captured ? "whole" : "missing")]);
}

function drawPlan(data) {
	const run = data.run, body = section("plan"), captures = captureRows(run);

	put(body, el("div.columns", null,
		el("div", null, el("h3", null, "Plan"), pairs(leaves(run.plan))),
		el("div", null, el("h3", null, "Target"), pairs(leaves(run.target).filter(([term]) => !term.startsWith("ranking"))), rankingTable(run.target)),
		errorRows(run).length > 0 && el("div", null, el("h3", null, "Answers in the window"), pairs(errorRows(run))),
		el("div", null, el("h3", null, "Load generator"), pairs(run.load ? [["connections", figureCount(run.load.connections)], ["waits by", run.load.io],
			["threads' CPU", (run.load.threads || []).map((thread) => percent(thread.cpu)).join(", ")],
			["saturated", run.load.saturated ? run.load.saturated_reason || "yes" : "no"]] : [["load", "none was sent"]]))),
		captures.length > 0 && foldedTable("Captures", ["File", "Begun", "Ended", "Size", "State"], captures));
}
