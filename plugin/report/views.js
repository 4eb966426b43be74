/* The profiles in the page's data, unpacked: a view is one sample type of one of them, with its base if it has one. */

const FIELDS = {plain: 4, diff: 6}; /* numbers a node: depth, name, total, self, and of the base */

function unpackNodes(view, packed, strings) {
	const stride = view.hasBase ? FIELDS.diff : FIELDS.plain, nodes = [], path = [];

	for (let i = 0; i < packed.length; i += stride) {
		const depth = packed[i], name = strings[packed[i + 1]] || "";
		const node = {
			index: nodes.length, depth, name, kind: kindOf(name), parent: depth ? path[depth - 1] : null, children: [],
			total: packed[i + 2] * view.scale, self: packed[i + 3] * view.scale,
			baseTotal: view.hasBase ? packed[i + 4] * view.scale : 0,
			baseSelf: view.hasBase ? packed[i + 5] * view.scale : 0,
		};

		path[depth] = node;
		path.length = depth + 1;
		if (node.parent)
			node.parent.children.push(node);
		nodes.push(node);
	}
	return nodes;
}

function unpackRows(view, packed, strings) {
	const stride = view.hasBase ? 6 : 4, rows = [];

	for (let i = 0; i < packed.length; i += stride) {
		const name = strings[packed[i]] || "";

		rows.push({
			name, kind: kindOf(name), file: strings[packed[i + 1]] || "",
			self: packed[i + 2] * view.scale, total: packed[i + 3] * view.scale,
			baseSelf: view.hasBase ? packed[i + 4] * view.scale : 0,
			baseTotal: view.hasBase ? packed[i + 5] * view.scale : 0,
		});
	}
	return rows;
}

function unpackView(raw, strings) {
	const view = {
		label: raw.type === raw.profile ? raw.profile : `${raw.profile}: ${raw.type}`, profile: raw.profile, file: raw.file,
		type: raw.type, unit: raw.unit, scale: raw.scale, total: raw.total, baseTotal: raw.base_total || 0,
		hasBase: Boolean(raw.base), base: raw.base || "", seconds: raw.seconds || 0, baseSeconds: raw.base_seconds || 0,
		perRequest: raw.per_request || 0, basePerRequest: raw.base_per_request || 0, period: raw.period || 0,
		prunedBelow: raw.pruned_below || 0, prunedShare: raw.pruned_share || 0, functions: raw.functions || 0,
	};

	view.nodes = unpackNodes(view, raw.nodes, strings);
	view.root = view.nodes[0];
	if (view.root) {
		view.root.name = "all";
		view.root.kind = "other";
	}
	view.rows = unpackRows(view, raw.rows, strings);
	return view;
}

/* The ways to write a value of a view. `of` and `ofBase` turn one of the profile and one of the base into the same measure. */
function modesOf(view, diff) {
	const unit = (value) => figureUnit(value, view.unit);
	const list = [{id: "share", label: "Share", print: percent, of: view.total ? 1 / view.total : 0, ofBase: view.baseTotal ? 1 / view.baseTotal : 0}];

	if (view.perRequest && (!diff || view.basePerRequest))
		list.push({id: "request", label: "A request", print: unit, of: view.perRequest, ofBase: view.basePerRequest});
	if (diff && view.seconds && view.baseSeconds)
		list.push({id: "total", label: "A second", print: (value) => `${unit(value)}/s`, of: 1 / view.seconds, ofBase: 1 / view.baseSeconds});
	else
		list.push({id: "total", label: "Total", print: unit, of: 1, ofBase: 1});
	return list;
}

/* What differs between a value and its base's, in a mode; noise: two standard errors of sampling would hide it. */
function compare(view, mode, now, before) {
	const a = now * mode.of, b = before * mode.ofBase, change = a - b;
	const result = {a, b, change, relative: b ? change / b : null, noise: false};

	if (view.period > 0) {
		const unitA = view.period * mode.of, unitB = view.period * mode.ofBase;

		result.noise = Math.abs(change) <= 2 * Math.sqrt(a * unitA + b * unitB);
	}
	return result;
}
