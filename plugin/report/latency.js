/* The distribution of the window's latencies: how slow is the slowest one in N? */

const LEVELS = [50, 90, 99, 99.9, 99.99, 99.999];

function curvesOf(data) {
	const names = {service: ["Latency (sent to done)", "1"], response: ["Response (due to done)", "2"], lag: ["Lag (due to sent)", "3"]};
	const list = Object.entries(names).filter(([key]) => data.latency[key])
		.map(([key, [name, look]]) => ({name, look, dash: "", ...data.latency[key]}));

	if (data.base && data.base.latency && data.base.latency.service)
		list.push({name: "Latency of the base", look: "1", dash: ".dash", ...data.base.latency.service});
	return list;
}

const rarity = (level) => Math.log10(1 / (1 - Math.min(level, 0.999999)));

/* Powers of ten and their 2 and 5 between two values, in ns. */
function decades(low, high) {
	const list = [];

	for (let power = Math.floor(Math.log10(low)); 10 ** power <= high; power++) {
		for (const one of [1, 2, 5]) {
			if (one * 10 ** power >= low && one * 10 ** power <= high)
				list.push(one * 10 ** power);
		}
	}
	return list.length > 7 ? list.filter((one) => /^1/.test(one.toExponential())) : list;
}

function drawCurves(holder, curves) {
	const width = Math.max(300, holder.clientWidth), height = 240, bottom = height - 34, top = 8;
	const all = curves.flatMap((one) => one.points).filter(([value]) => value > 0);
	const low = Math.min(...all.map(([value]) => value)) / 1.15, high = Math.max(...all.map(([value]) => value)) * 1.15;
	const right = Math.max(...all.filter(([, level]) => level < 1).map(([, level]) => rarity(level)), 2);
	const x = (level) => LEFT + (Math.min(rarity(level), right) / right) * (width - LEFT - RIGHT - 16);
	const y = (value) => bottom - (Math.log(Math.max(value, low) / low) / Math.log(high / low)) * (bottom - top);
	const root = svg("svg", {viewBox: `0 0 ${width} ${height}`, height, role: "img", "aria-label": "Latency by percentile; the table below has the figures"});

	for (const at of decades(low, high)) {
		root.append(svg("line", {class: "grid", x1: LEFT, x2: width - RIGHT, y1: y(at), y2: y(at)}));
		root.append(svg("text", {x: LEFT - 6, y: y(at) + 4, "text-anchor": "end"}, axis(figureTime(at))));
	}
	for (const level of [0, ...LEVELS.filter((one) => rarity(one / 100) <= right + 0.01)]) {
		root.append(svg("line", {class: "grid", x1: x(level / 100), x2: x(level / 100), y1: top, y2: bottom}));
		root.append(svg("text", {x: x(level / 100), y: bottom + 16, "text-anchor": "middle"}, level ? `p${level}` : "min"));
	}
	root.append(svg("text", {x: width - RIGHT, y: height - 2, "text-anchor": "end"}, "one request in: 10, 100, 1,000, ... is slower"));
	for (const one of curves)
		root.append(svg("path", {class: `line s${one.look}${one.dash.replace(".", " ")}`, d: linePath(one.points.map(([, level]) => level), one.points.map(([value]) => value), x, y)}));
	holder.replaceChildren(root);
}

function drawLatency(data) {
	const curves = data.latency ? curvesOf(data) : [];

	if (!curves.length)
		return;
	const body = section("latency"), holder = el("div.charts");

	put(body, el("p.legend", null, curves.map((one) => el("span", null, el(`i.swatch.k${one.look}`), one.name + (one.dash ? " (dashed)" : "")))),
		holder,
		el("details", null, el("summary", null, "Latency as a table"), table(["Percentile", ...curves.map((one) => one.name)],
			curves[0].table.map(([level], i) => [level ? level === 100 ? "max" : `p${level}` : "min",
				...curves.map((one) => figureTime(one.table[i][1]))]))));
	redraws.push(() => drawCurves(holder, curves));
}
