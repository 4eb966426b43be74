/* The first screen: can this be trusted, what does a request cost, where does it go? */

const VERDICTS = {ok: "Trusted", warn: "Trusted with reservations", fail: "Not trusted"};

function worst(checks) {
	const has = (...words) => checks.some((check) => words.includes(check.level));

	return has("fail") ? "fail" : has("warn", "unknown") ? "warn" : "ok";
}

function drawTop(data) {
	const run = data.run, begun = run.timeline && run.timeline.begun;
	const pod = run.target && run.target.pod, more = (run.pods || []).length - 1;

	$("target").textContent = ((run.target && run.target.name) || "a run") + (more > 0 ? ` and ${plural(more, "more pod")}` : "");
	$("made").textContent = run.tool ? `\u00b7 ${run.tool}` : "";
	put($("subtitle"), [
		begun && begun.time.replace("T", " ").replace(/\.\d+Z$/, " UTC"),
		run.target && run.target.namespace && `namespace ${run.target.namespace}`,
		pod && more < 1 && run.target.node && `node ${run.target.node}`,
		run.target && run.target.load_url && `load to ${run.target.load_url}`,
		data.base && `compared with ${data.base.label}`,
	].filter(Boolean).join(" \u00b7 "));
}

function thresholdChecks(run) {
	const list = run.thresholds;

	if (!Array.isArray(list))
		return [];
	return list.map((one) => ({
		level: one.ok === false ? "fail" : "ok",
		text: `threshold ${one.metric}: ${one.threshold}${one.value === undefined ? "" : ` (${Number(one.value.toPrecision(4))})`}`,
	}));
}

function drawVerdict(run) {
	const checks = (run.verdict && run.verdict.checks) || [];
	const word = worst(checks), bad = checks.filter((check) => check.level !== "ok");
	const thresholds = thresholdChecks(run), broken = thresholds.filter((check) => check.level === "fail");
	const all = [...bad, ...broken, ...[...checks, ...thresholds].filter((check) => check.level === "ok")];
	const also = broken.length ? `, ${plural(broken.length, "threshold")} not met` : "";
	const line = run.partial ? `partial: ${run.partial_why || "the run did not go through"}` :
		bad.length ? `${bad.length} of ${plural(checks.length, "check")} not ok` :
		`${plural(checks.length, "check")}, all ok`;

	$("verdict").classList.add(`is-${word}`);
	put($("verdict-body"),
		el("div.verdict", null, el("strong", null, run.verdict ? VERDICTS[word] : "No verdict"),
			el("span.muted", null, line + also)),
		el("ul.checks", null, all.map((check) => el("li", null, level(check.level), el("span", null, check.text)))));
}

/* "+7.1% against the base"; nothing without one. */
function deltaOf(now, before, lessIsBetter, noise = 0) {
	if (before === undefined || before === null || now === undefined || now === null || !before)
		return null;
	const change = now / before - 1;
	const word = Math.abs(change) < 0.0005 ? "" : change > 0 === lessIsBetter ? ".up" : ".down";

	if (Math.abs(change) <= noise)
		return el("span", null, `${signed(percent(change), change)} vs base: not distinguishable`);
	return el(`span.delta${word}`, null, `${signed(percent(change), change)} vs base`);
}

function figure(term, big, more, delta) {
	return el("div", null, el("dt", null, term), el("dd", null,
		el("div.big", null, big), more && el("div.more", null, more), delta && el("div.more", null, delta)));
}

function drawFigures(data) {
	const run = data.run, base = data.base ? data.base.run : {};
	const window = run.load && run.load.window, before = (base.load && base.load.window) || {};
	const cpu = run.cpu, oldCpu = base.cpu || {}, list = [];
	const latency = window && window.service_latency, old = before.service_latency || {};
	const us = (value) => figureTime(value * 1e3);

	if (cpu && cpu.ns_per_request !== undefined)
		list.push(figure("CPU a request", figureTime(cpu.ns_per_request),
			`\u00b1${percent(1 / Math.sqrt(cpu.samples || 1))} \u00b7 ${cpu.cores.toFixed(2)} cores, ${plural(cpu.samples, "sample")}`,
			deltaOf(cpu.ns_per_request, oldCpu.ns_per_request, true, 2 * (cpu.ns_per_request / oldCpu.ns_per_request) * Math.sqrt(1 / (cpu.samples || 1) + 1 / (oldCpu.samples || 1)))));
	else if (cpu)
		list.push(figure("CPU", `${cpu.cores.toFixed(2)} cores`, `${figureTime(cpu.cpu_ns)} in ${figureTime(cpu.profiled_ns)}, ${plural(cpu.samples, "sample")}`));
	if (window) {
		list.push(figure("Rate", `${figureCount(window.rate)}/s`,
			`${plural(window.requests, "request")} in ${figureTime(window.seconds * 1e9)}`,
			deltaOf(window.rate, before.rate, false)));
		list.push(figure("Failed", percent(window.requests ? window.failed / window.requests : 0),
			`${plural(window.failed, "request")}${run.load.first_error ? `: ${run.load.first_error}` : ""}`));
	}
	if (latency && latency.count) {
		list.push(figure("Latency p50", us(latency.p50_us), `p90 ${us(latency.p90_us)}, p95 ${us(latency.p95_us)}`,
			deltaOf(latency.p50_us, old.p50_us, true)));
		list.push(figure("Latency p99", us(latency.p99_us), `p99.9 ${us(latency["p99.9_us"])}, max ${us(latency.max_us)}`,
			deltaOf(latency.p99_us, old.p99_us, true)));
	}
	if (window && window.response_latency && window.response_latency.count)
		list.push(figure("Response p99", us(window.response_latency.p99_us), "from when it was due"));
	if (run.memory && run.memory.alloc_bytes_per_request !== undefined)
		list.push(figure("Allocated a request", figureBytes(run.memory.alloc_bytes_per_request),
			run.memory.alloc_objects_per_request !== undefined && plural(run.memory.alloc_objects_per_request, "object"),
			deltaOf(run.memory.alloc_bytes_per_request, (base.memory || {}).alloc_bytes_per_request, true)));
	if (run.goroutines && run.goroutines.loaded !== undefined)
		list.push(figure("Goroutines", figureCount(run.goroutines.loaded),
			[run.goroutines.idle !== undefined && `${figureCount(run.goroutines.idle)} before the load`, run.goroutines.after !== undefined && `${figureCount(run.goroutines.after)} after`].filter(Boolean).join(", ")));
	put($("figures"), list);
	$("key").hidden = !list.length;
}

/* Rows of [name, kind, value], as bars of one length scale. */
function bars(title, total, rows) {
	const most = Math.max(...rows.map(([, , value]) => value));

	return el("div", null, el("h3", null, title), el("ul.bars", null, rows.map(([name, kind, value, cost]) => el("li", null,
		el("span.name", {title: name}, name),
		el("span.track", {"aria-hidden": "true"}, styled(el("i"), {width: percent(value / most), background: `var(--${kind})`})),
		el("span.value", null, percent(value / total)),
		el("span.value.muted", null, cost > 0 ? figureTime(cost) : "")))));
}

/* Self time by package; the kind is that of most of it. */
function packageRows(view) {
	const sums = new Map();

	for (const row of view.rows) {
		const where = packageOf(row.name) || "(no package)";
		const entry = sums.get(where) || {where, self: 0, kinds: {}};

		entry.self += row.self;
		entry.kinds[row.kind] = (entry.kinds[row.kind] || 0) + row.self;
		sums.set(where, entry);
	}
	const list = [...sums.values()].sort((a, b) => b.self - a.self), shown = list.slice(0, 8);
	const kind = (entry) => Object.keys(entry.kinds).sort((a, b) => entry.kinds[b] - entry.kinds[a])[0];
	const rest = view.total - shown.reduce((sum, entry) => sum + entry.self, 0), left = list.length - shown.length;
	const rows = shown.filter((entry) => entry.self > 0).map((entry) => [entry.where, kind(entry), entry.self, entry.self * view.perRequest]);

	return rest > 0 && left > 0 ? [...rows, [plural(left, "other package"), "other", rest, rest * view.perRequest]] : rows;
}

/* A request's CPU at a glance: whose code burns it, and which of the program's own functions cause it. */
function drawWhere(view, run) {
	const packages = packageRows(view), own = ((run.cpu && run.cpu.by_application) || []).slice(0, 9);

	if (!packages.length || view.total <= 0)
		return;
	put($("where"), el("div.columns", null,
		own.length > 0 && bars("CPU by the function of yours that causes it", run.cpu.cpu_ns || 1, own.map((row) => [row.function, row.own === false ? "other" : "app", row.cum_ns, row.ns_per_request])),
		bars("CPU by the package that burns it", view.total, packages)));
}
