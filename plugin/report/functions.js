/* The functions of a view as a table: the flame graph's equal for those who read or sort. */

const FEW = 25;

const functions = {
	sort: "self", ascending: false, all: false,

	columns() {
		const {view, mode, diff} = flame, unit = (value) => figureUnit(value, view.unit);
		const list = [{id: "name", label: "Function", text: true, of: (row) => row.name}];
		const add = (id, label, of, print, look = "") => list.push({id, label, of, print, look});
		const side = (id, what, now, before) => {
			add(id, what, (row) => row[now] * mode.of, mode.print);
			add(`${id}Base`, `${what}, base`, (row) => row[before] * mode.ofBase, mode.print, "wide");
			add(`${id}Change`, `${what}, change`, (row) => compare(view, mode, row[now], row[before]).change,
				(value, row) => this.change(compare(view, mode, row[now], row[before])));
		};

		if (diff) {
			side("self", "Self", "self", "baseSelf");
			side("total", "Total", "total", "baseTotal");
		} else {
			add("self", "Self", (row) => row.self, unit);
			add("selfShare", "Self %", (row) => row.self / (view.total || 1), percent);
			add("total", "Total", (row) => row.total, unit, "wide");
			add("totalShare", "Total %", (row) => row.total / (view.total || 1), percent);
			if (view.perRequest)
				add("request", "Self a request", (row) => row.self * view.perRequest, unit);
			if (view.period)
				add("error", "\u00b1", (row) => (row.self > 0 ? Math.sqrt(view.period / row.self) : Infinity),
					(value) => (value === Infinity ? "" : `${(100 * value).toFixed(0)}%`), "wide");
		}
		list.push({id: "file", label: "File", of: (row) => row.file, look: "wide", file: true});
		return list;
	},

	change(now) {
		const text = signed(flame.mode.print(now.change), now.change);

		if (now.noise || !now.change)
			return el("span.muted", {title: "within two standard errors of sampling"}, `${text} (noise)`);
		return el(`span.${now.change > 0 ? "up" : "down"}`, null, `${text}${now.relative === null ? "" : ` (${signed(percent(now.relative), now.relative)})`}`);
	},

	head(column) {
		const on = this.sort === column.id;
		const cell = el(`th.sortable${column.text || column.file ? ".text" : ""}${column.look ? `.${column.look}` : ""}`,
			{scope: "col", "aria-sort": on ? (this.ascending ? "ascending" : "descending") : "none"});
		const button = el("button", {type: "button", "data-sort": column.id}, column.label, on ? (this.ascending ? " \u25b2" : " \u25bc") : "");

		button.addEventListener("click", () => {
			this.ascending = on ? !this.ascending : Boolean(column.text || column.file);
			this.sort = column.id;
			this.draw();
			$("table").querySelector(`[data-sort="${column.id}"]`).focus();
		});
		return put(cell, button);
	},

	cell(column, row) {
		if (column.text) {
			const button = el("button.link.name", {type: "button", title: "show it in the flame graph"}, row.name);

			button.addEventListener("click", () => flame.find(row.name, true));
			return el("th.text", {scope: "row"}, button);
		}
		if (column.file)
			return el("td.file.wide", {title: row.file}, row.file ? row.file.split("/").slice(-2).join("/") : "");
		return el(`td${column.look ? `.${column.look}` : ""}`, null, column.print(column.of(row), row));
	},

	rows(column) {
		const wanted = flame.query.toLowerCase(), sign = this.ascending ? 1 : -1;
		const order = (a, b) => (typeof a === "string" ? (a < b ? -1 : a > b ? 1 : 0) : a - b);
		const size = (row) => (column.id.endsWith("Change") ? Math.abs(column.of(row)) : column.of(row));

		return flame.view.rows.filter((row) => !wanted || row.name.toLowerCase().includes(wanted))
			.sort((a, b) => sign * order(size(a), size(b)) || b.total - a.total || order(a.name, b.name));
	},

	draw() {
		const columns = this.columns();
		let column = columns.find((one) => one.id === this.sort);

		if (!column) {
			this.sort = "self";
			this.ascending = false;
			column = columns.find((one) => one.id === "self");
		}
		const rows = this.rows(column), shown = this.all ? rows : rows.slice(0, FEW), view = flame.view;

		$("table").replaceChildren(el("caption.hidden", null, `Functions of ${view.label}`),
			el("thead", null, el("tr", null, columns.map((one) => this.head(one)))),
			el("tbody", null, shown.map((row) => el("tr", null, columns.map((one) => this.cell(one, row))))));
		$("more").hidden = rows.length <= FEW;
		$("more").textContent = this.all ? `Show ${FEW}` : `Show all ${figureCount(rows.length)}`;
		$("rows").textContent = `${figureCount(shown.length)} of ${plural(rows.length, "function")}` +
			(view.functions > view.rows.length ? `; ${figureCount(view.functions - view.rows.length)} small ones are left out of this page` : "");
	},

	listen() {
		$("more").addEventListener("click", () => {
			this.all = !this.all;
			this.draw();
		});
		flame.listeners.push(() => this.draw());
	},
};
