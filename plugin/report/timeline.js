/* Lines over time, one panel a quantity, on one clock; the capture window is shaded. */

const LEFT = 66, RIGHT = 12, PANEL = 74, GAP = 26;

/* "5.00ms" -> "5ms" */
const axis = (text) => text.replace(/(\.\d*?)0+(?=\D|$)/, "$1").replace(/\.(?=\D|$)/, "");

/* Round steps for an axis up to `most`. */
function ticks(most, wanted) {
	const rough = most / wanted, power = 10 ** Math.floor(Math.log10(rough));
	const step = [1, 2, 5, 10].find((one) => one * power >= rough) * power;
	const list = [];

	for (let at = 0; at <= most * 1.0001; at += step)
		list.push(at);
	return list;
}

function panelsOf(data) {
	const t = data.timeline, us = (value) => figureTime(value * 1e3);
	const list = [
		{title: "Rate", print: (value) => `${figureCount(value)}/s`, series: [
			{name: "Rate", values: t.rate, look: "1"}]},
		{title: "Failed", print: (value) => `${figureCount(value)}/s`, series: [{name: "Failed", values: t.failed, look: "f", optional: true}]},
		{title: "Latency", print: us, log: true, series: [{name: "p50", values: t.p50, look: "1"}, {name: "p99", values: t.p99, look: "2"}]},
		{title: "VUs", print: figureCount, series: [{name: "VUs", values: t.vus, look: "3"}]},
		{title: "Pod CPU", print: (value) => `${figureCount(value)}m`, series: [{name: "Pod CPU", values: t.cpu, look: "1", optional: true}]},
		{title: "Pod memory", print: figureBytes, unit: 1024, series: [{name: "Pod memory", values: t.memory, look: "2", optional: true}]},
	];

	for (const panel of list)
		panel.series = panel.series.filter((one) => !one.optional || one.values.some((value) => value > 0));
	return list.filter((panel) => panel.series.length);
}

function linePath(xs, values, x, y) {
	let path = "", pen = false;

	values.forEach((value, i) => {
		if (value === null) {
			pen = false;
			return;
		}
		path += `${pen ? "L" : "M"}${x(xs[i]).toFixed(1)} ${y(value).toFixed(1)}`;
		pen = true;
	});
	return path;
}

/* Latencies span powers of ten; all else is seen from zero. */
function scaleOf(panel, top) {
	const values = panel.series.flatMap((one) => one.values), most = Math.max(...values, 1e-9) * 1.05;
	const above = values.filter((value) => value > 0), least = Math.min(...above) / 1.1;

	const unit = panel.unit ? panel.unit ** Math.floor(Math.log(most) / Math.log(panel.unit)) : 1;

	if (!panel.log || !above.length)
		return {y: (value) => top + PANEL - (value / most) * PANEL, marks: ticks(most / unit, 3).map((mark) => mark * unit)};
	const span = Math.max(Math.log(most / least), 0.1);
	let marks = decades(least, most);

	if (marks.length > 4)
		marks = marks.filter((one) => /^1/.test(one.toExponential()));
	return {y: (value) => top + PANEL - (Math.log(Math.max(value, least) / least) / span) * PANEL, marks};
}

function drawPanel(root, panel, top, width, xs, x, last) {
	const {y, marks} = scaleOf(panel, top);

	for (const at of marks) {
		root.append(svg("line", {class: "grid", x1: LEFT, x2: width - RIGHT, y1: y(at), y2: y(at)}));
		root.append(svg("text", {x: LEFT - 6, y: y(at) + 4, "text-anchor": "end"}, axis(panel.print(at))));
	}
	root.append(svg("text", {class: "title", x: LEFT, y: top - 6}, panel.title));
	for (const one of panel.series)
		root.append(svg("path", {class: `line s${one.look}`, d: linePath(xs, one.values, (second) => x(Math.min(second + 0.5, last)), y)}));
}

function drawShade(root, data, x, height) {
	const {begin, end} = data.timeline.window;

	if (begin === null || end === null)
		return;
	root.append(svg("rect", {class: "shade", x: x(begin), width: Math.max(1, x(end) - x(begin)), y: 0, height}));
	root.append(svg("text", {x: (x(begin) + x(end)) / 2, y: 10, "text-anchor": "middle"}, "capture window"));
}

function drawLines(holder, data, panels) {
	const t = data.timeline, xs = t.at, width = Math.max(300, holder.clientWidth);
	const last = Math.max(t.ends, 1), height = 18 + panels.length * (PANEL + GAP) + 14;
	const x = (second) => LEFT + (second / last) * (width - LEFT - RIGHT);
	const root = svg("svg", {viewBox: `0 0 ${width} ${height}`, height, role: "img",
		"aria-label": `${panels.map((panel) => panel.title).join(", ")} over ${figureTime(last * 1e9)}; the table below has the figures`});
	const cursor = svg("line", {class: "cursor", y1: 14, y2: height - 16, visibility: "hidden"});

	drawShade(root, data, x, height - 16);
	panels.forEach((panel, i) => drawPanel(root, panel, 18 + GAP - 12 + i * (PANEL + GAP), width, xs, x, last));
	for (const at of ticks(last, width < 600 ? 4 : 8))
		root.append(svg("text", {x: x(at), y: height - 1, "text-anchor": "middle"}, axis(figureTime(at * 1e9)).replace(/^0ns$/, "0s")));
	root.append(cursor);
	holder.replaceChildren(root);
	return {x: (second) => x(Math.min(second + 0.5, last)), cursor};
}

function readingAt(data, panels, i) {
	const t = data.timeline;

	return `${t.at[i].toFixed(0)}s (${t.phase[i]}): ${panels.flatMap((panel) => panel.series.map((one) =>
		one.values[i] !== null && `${one.name === panel.title ? one.name : `${panel.title.toLowerCase()} ${one.name}`} ${panel.print(one.values[i])}`))
		.filter(Boolean).join(", ")}`;
}

function timelineTable(data, panels) {
	const t = data.timeline, series = panels.flatMap((panel) => panel.series.map((one) => ({panel, one})));

	return foldedTable("Timeline as a table", ["Second", "Phase", ...series.map(({panel, one}) => `${panel.title}: ${one.name}`)],
		t.at.map((at, i) => [at.toFixed(0), t.phase[i], ...series.map(({panel, one}) => (one.values[i] === null ? "" : panel.print(one.values[i])))]));
}

function drawTimeline(data) {
	if (!data.timeline || !data.timeline.at.length)
		return;
	const body = section("timeline"), panels = panelsOf(data), n = data.timeline.at.length;
	const holder = el("div.charts", {tabindex: 0, role: "group", "aria-label": "Timeline: left and right arrow keys read it second by second"});
	const readout = el("p.readout.small", {role: "status"}, "");
	const keys = el("p.legend", null, panels.filter((panel) => panel.series.length > 1).flatMap((panel) => panel.series)
		.map((one) => el("span", null, el(`i.swatch.k${one.look}`), one.name)));
	let drawn, at = -1;
	const point = (i) => {
		at = Math.max(0, Math.min(n - 1, i));
		const x = drawn.x(data.timeline.at[at]);

		drawn.cursor.setAttribute("x1", x);
		drawn.cursor.setAttribute("x2", x);
		drawn.cursor.setAttribute("visibility", "visible");
		readout.textContent = readingAt(data, panels, at);
	};

	put(body, keys, holder, readout, timelineTable(data, panels));
	redraws.push(() => { drawn = drawLines(holder, data, panels); });
	holder.addEventListener("pointermove", (event) => {
		const box = holder.getBoundingClientRect(), share = (event.clientX - box.left - LEFT) / (box.width - LEFT - RIGHT);
		const second = share * Math.max(data.timeline.ends, 1) - 0.5;

		point(data.timeline.at.reduce((best, one, i) => (Math.abs(one - second) < Math.abs(data.timeline.at[best] - second) ? i : best), 0));
	});
	holder.addEventListener("keydown", (event) => {
		const step = {ArrowLeft: -1, ArrowRight: 1, Home: -n, End: n}[event.key];

		if (!step)
			return;
		event.preventDefault();
		point(at + step);
	});
}
