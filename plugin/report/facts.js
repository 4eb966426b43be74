/* What else is known of the run: goroutines, memory, capacity, plan and target. */

function drawGoroutines(run) {
	const groups = run.goroutine_groups;

	if (!Array.isArray(groups) || !groups.length)
		return;
	const body = section("goroutines");
	const after = groups.some((group) => group.after !== undefined);
	const stack = (group) => {
		const frames = group.stack || [];

		return el("details", null, el("summary.name", null, frames[0] || "(no stack)"),
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

/* "bytes_per_request" -> "bytes per request" */
const spaced = (name) => name.replace(/_/g, " ");

function memoryFigure(name, value) {
	if (typeof value !== "number")
		return null;
	if (/error|share|ratio/.test(name))
		return percent(value);
	return /bytes|space/.test(name) ? figureBytes(value) : figureCount(value);
}

function drawMemory(run) {
	const memory = run.memory || {}, list = Object.entries(memory).map(([name, value]) => [spaced(name), memoryFigure(name, value)]);
	const tables = Object.entries(memory).filter(([, value]) => Array.isArray(value) && value.length && value[0].function);

	if (!list.some(([, value]) => value) && !tables.length)
		return;
	put(section("memory"), pairs(list), tables.map(([name, rows]) => {
		const columns = Object.keys(rows[0]).filter((key) => typeof rows[0][key] === "number");

		return [el("h3", null, spaced(name)), el("div.scroll", {tabindex: 0, role: "region", "aria-label": spaced(name)},
			table(["Function", ...columns.map(spaced)], rows.map((row) => [el("span.name", null, row.function),
				...columns.map((key) => memoryFigure(key, row[key]) || "")])))];
	}));
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
	return [...(run.captures || []), ...(run.idle_captures || [])].map((one) => [one.file,
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
