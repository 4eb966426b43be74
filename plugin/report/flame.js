/* The flame graph, on a canvas: roots on top, zoom, search, keyboard, difference to a base. */

const ROW = 19, LEAST = 0.6, LABEL_LEAST = 26;

const flame = {
	view: null, mode: null, diff: false, query: "", zoom: null, cursor: null, matches: new Set(), boxes: [],
	listeners: [],

	weight(node) {
		const own = Math.max(0, node.total) * this.mode.of;

		return this.diff ? own + Math.max(0, node.baseTotal) * this.mode.ofBase : own;
	},

	show(view) {
		this.view = view;
		this.zoom = this.cursor = view.root;
		this.search(this.query);
	},

	/* A node's box and those below it, as wide as their weight. */
	place(node, x, width, depth) {
		const stack = [[node, x, width, depth]];

		while (stack.length) {
			const [one, left, span, row] = stack.pop(), whole = this.weight(one);
			let at = left;

			(this.boxes[row] = this.boxes[row] || []).push({node: one, x: left, width: span});
			for (const child of one.children) {
				const wide = whole > 0 ? (span * this.weight(child)) / whole : 0;

				if (wide >= LEAST)
					stack.push([child, at, wide, row + 1]);
				at += wide;
			}
		}
	},

	layout() {
		const holder = $("flame"), width = holder.clientWidth, path = [];

		this.boxes = [];
		for (let node = this.zoom.parent; node; node = node.parent)
			path.unshift(node);
		path.forEach((node, row) => { this.boxes[row] = [{node, x: 0, width, above: true}]; });
		this.place(this.zoom, 0, width, path.length);
		this.width = width;
		this.height = this.boxes.length * ROW;
	},

	color(node) {
		const theme = this.theme;

		if (!this.diff)
			return theme[node.kind];
		const now = compare(this.view, this.mode, node.total, node.baseTotal);
		if (now.noise || !now.change)
			return theme.neutral;
		return mix(theme.neutral, now.change > 0 ? theme.more : theme.less,
			Math.min(1, 0.25 + Math.abs(now.change) / Math.max(now.a, now.b, 1e-12)));
	},

	sign(node) {
		const now = compare(this.view, this.mode, node.total, node.baseTotal);

		return !this.diff || now.noise || !now.change ? "" : now.change > 0 ? "+ " : "\u2212 ";
	},

	drawBox(pen, box, y) {
		const {node, x, width} = box;

		pen.globalAlpha = box.above ? 0.55 : 1;
		pen.fillStyle = this.color(node);
		pen.fillRect(x, y, Math.max(width - (width > 3 ? 1 : 0.2), 0.5), ROW - 1);
		if (this.matches.size && !this.matches.has(node)) {
			pen.globalAlpha = 0.62;
			pen.fillStyle = this.theme.back;
			pen.fillRect(x, y, width, ROW - 1);
		} else if (this.matches.size) {
			pen.fillStyle = this.theme.match;
			pen.fillRect(x, y + ROW - 4, Math.max(width - 1, 1), 3);
		}
		pen.globalAlpha = 1;
		if (width >= LABEL_LEAST)
			this.drawLabel(pen, node, x, y, width);
		if (node === this.cursor && (node.parent || document.activeElement === $("canvas"))) {
			pen.strokeStyle = this.theme.focus;
			pen.lineWidth = 2;
			pen.strokeRect(x + 1, y + 1, Math.max(width - 3, 1), ROW - 3);
		}
	},

	drawLabel(pen, node, x, y, width) {
		const dim = this.matches.size && !this.matches.has(node);
		const room = Math.floor((width - 7) / this.theme.letter), text = this.sign(node) + shortName(node.name).slice(0, 300);

		if (room < 2)
			return;
		pen.fillStyle = dim ? this.theme.muted : this.theme.ink;
		pen.fillText(text.length <= room ? text : `${text.slice(0, room - 1)}\u2026`, x + 4, y + 13);
	},

	readTheme(pen) {
		const names = ["app", "std", "memory", "system", "runtime", "other", "neutral", "less", "more", "match", "focus", "ink", "back", "muted"];

		this.theme = Object.fromEntries(names.map((name) => [name, color(name)]));
		pen.font = "11.5px ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace";
		this.theme.letter = pen.measureText("mmmmmmmmmm").width / 10;
	},

	paint() {
		const canvas = $("canvas"), holder = $("flame"), ratio = window.devicePixelRatio || 1;
		const most = Math.max(160, Math.round(window.innerHeight * 0.76)), tall = Math.min(this.height, most);
		const pen = canvas.getContext("2d"), first = Math.floor(holder.scrollTop / ROW);

		$("tall").style.height = `${this.height}px`;
		canvas.width = this.width * ratio;
		canvas.height = tall * ratio;
		canvas.style.height = `${tall}px`;
		pen.setTransform(ratio, 0, 0, ratio, 0, 0);
		this.readTheme(pen);
		for (let row = first; row < this.boxes.length && (row - first - 1) * ROW < tall; row++)
			this.boxes[row].forEach((box) => this.drawBox(pen, box, row * ROW - holder.scrollTop));
	},

	draw() {
		if (!this.view)
			return;
		this.layout();
		this.paint();
		$("out").disabled = $("reset").disabled = this.zoom === this.view.root;
		this.tell(this.cursor);
	},

	/* In words, what a frame holds. */
	words(node) {
		const {view, mode} = this, part = view.total ? node.total / view.total : 0, list = [];
		const value = (one) => `${mode.print(one * mode.of)}${mode.id === "share" ? "" : ` (${percent(view.total ? one / view.total : 0)})`}`;

		list.push(`${value(node.total)}${mode.id === "request" ? " a request" : ""}`, `self ${value(node.self)}`);
		if (view.period && node.total > 0)
			list.push(`${plural(Math.round(node.total / view.period), "sample")} \u00b1${percent(Math.sqrt(view.period / node.total))}`);
		if (this.diff) {
			const now = compare(view, mode, node.total, node.baseTotal);

			list.push(`base ${mode.print(now.b)}: ${signed(mode.print(now.change), now.change)}${now.relative === null ? "" : ` (${signed(percent(now.relative), now.relative)})`}${now.noise ? ", not distinguishable" : ""}`);
		}
		if (mode.id === "share" && view.perRequest)
			list.push(`${figureUnit(node.total * view.perRequest, view.unit)} a request`);
		else if (mode.id === "share")
			list.push(figureUnit(node.total, view.unit));
		return part || this.diff ? list.join(" \u00b7 ") : list[0];
	},

	tell(node) {
		const file = this.files && this.files.get(node.name);

		$("frame").replaceChildren(el("strong.name", null, node.name), el("br"), el("span.muted.small", null,
			this.words(node) + (file ? ` \u00b7 ${file}` : "")));
	},

	move(node) {
		if (!node)
			return;
		this.cursor = node;
		for (let up = this.zoom; up; up = up.parent) {
			if (up === node) {
				this.zoom = node;
				break;
			}
		}
		this.layout();
		this.reveal(node);
		this.draw();
	},

	/* Brings a frame into view: zooms out until it has a box, scrolls to its row. */
	reveal(node) {
		const holder = $("flame"), boxed = () => this.boxes[node.depth] && this.boxes[node.depth].some((box) => box.node === node);

		while (!boxed() && this.zoom.parent) {
			this.zoom = this.zoom.parent;
			this.layout();
		}
		if (!boxed()) {
			this.zoom = node;
			this.layout();
		}
		const y = node.depth * ROW, most = Math.max(160, Math.round(window.innerHeight * 0.76));

		$("tall").style.height = `${this.height}px`;
		if (y < holder.scrollTop)
			holder.scrollTop = y;
		else if (y + ROW > holder.scrollTop + Math.min(most, holder.clientHeight || most))
			holder.scrollTop = y + ROW - Math.min(most, holder.clientHeight || most);
	},

	zoomTo(node) {
		this.zoom = this.cursor = node;
		this.draw();
	},

	zoomOut() {
		if (this.zoom.parent)
			this.zoomTo(this.zoom.parent);
	},

	search(text) {
		const wanted = text.toLowerCase();
		let covered = 0;

		this.query = text;
		this.matches = new Set();
		if (this.view && wanted) {
			for (const node of this.view.nodes) {
				if (node.depth && node.name.toLowerCase().includes(wanted))
					this.matches.add(node);
			}
			const under = (node) => { for (let up = node.parent; up; up = up.parent) { if (this.matches.has(up)) return true; } return false; };

			for (const node of this.matches)
				covered += under(node) ? 0 : node.total;
		}
		$("matches").textContent = !wanted ? "" : this.matches.size ?
			`${plural(this.matches.size, "frame")}, ${percent(this.view.total ? covered / this.view.total : 0)}` : "no match";
		this.draw();
		this.listeners.forEach((listener) => listener());
	},

	next(step) {
		const list = [...this.matches], at = list.indexOf(this.cursor);

		if (list.length)
			this.move(list[at < 0 ? (step > 0 ? 0 : list.length - 1) : (at + step + list.length) % list.length]);
	},

	/* Marks a function's frames and goes to the widest; from a finding also to the CPU's view. */
	find(name, stay) {
		if (!stay)
			picker.cpu();
		$("search").value = name;
		this.search(name);
		const exact = [...this.matches].filter((node) => node.name === name).sort((a, b) => b.total - a.total);

		this.zoom = this.view.root;
		if (exact.length)
			this.move(exact[0]);
		$("profile").scrollIntoView();
		$("canvas").focus({preventScroll: true});
	},

	at(event) {
		const box = $("canvas").getBoundingClientRect(), x = event.clientX - box.left;
		const row = Math.floor((event.clientY - box.top + $("flame").scrollTop) / ROW);

		return ((this.boxes[row] || []).find((one) => x >= one.x && x < one.x + one.width) || {}).node;
	},

	sibling(step) {
		const list = this.cursor.parent ? this.cursor.parent.children.filter((node) => this.weight(node) > 0) : [];

		return list[list.indexOf(this.cursor) + step];
	},

	keys: {
		ArrowUp() { this.move(this.cursor.parent); },
		ArrowDown() { this.move(this.cursor.children.find((node) => this.weight(node) > 0)); },
		ArrowLeft() { this.move(this.sibling(-1)); },
		ArrowRight() { this.move(this.sibling(1)); },
		Enter() { this.zoomTo(this.cursor); },
		" "() { this.zoomTo(this.cursor); },
		Escape() { this.zoomOut(); },
		Backspace() { this.zoomOut(); },
		Home() { this.zoomTo(this.view.root); },
		n() { this.next(1); },
		N() { this.next(-1); },
	},

	listen() {
		const canvas = $("canvas");

		canvas.addEventListener("keydown", (event) => {
			if (!this.keys[event.key] || event.ctrlKey || event.metaKey || event.altKey)
				return;
			event.preventDefault();
			this.keys[event.key].call(this);
		});
		canvas.addEventListener("pointermove", (event) => {
			const node = this.at(event);

			if (event.pointerType === "mouse")
				this.tell(node || this.cursor);
		});
		canvas.addEventListener("pointerleave", () => this.tell(this.cursor));
		canvas.addEventListener("click", (event) => {
			const node = this.at(event);

			if (node)
				this.zoomTo(node);
		});
		canvas.addEventListener("focus", () => this.paint());
		canvas.addEventListener("blur", () => this.paint());
		$("flame").addEventListener("scroll", () => this.paint());
		$("out").addEventListener("click", () => this.zoomOut());
		$("reset").addEventListener("click", () => this.zoomTo(this.view.root));
		document.addEventListener("keydown", (event) => {
			if (event.key !== "/" || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) || event.ctrlKey || event.metaKey)
				return;
			event.preventDefault();
			$("search").focus();
		});
		redraws.push(() => this.draw());
	},
};

/* Between two #rrggbb colours. */
function mix(from, to, part) {
	const channel = (text, i) => (text.length === 4 ? parseInt(text[1 + i] + text[1 + i], 16) : parseInt(text.slice(1 + 2 * i, 3 + 2 * i), 16));

	return `rgb(${[0, 1, 2].map((i) => Math.round(channel(from, i) + (channel(to, i) - channel(from, i)) * part)).join(",")})`;
}
