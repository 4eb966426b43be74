/* Which profile is shown, in which measure, and whether against its base. */

const picker = {
	views: [],

	view() { return this.views[$("view").value] || this.views[0]; },

	/* To the CPU profile, which findings speak of. */
	cpu() {
		const at = this.views.findIndex((view) => view.profile === "cpu");

		if (at >= 0 && $("view").value !== String(at)) {
			$("view").value = at;
			this.choose();
		}
	},

	drawModes(modes) {
		const holder = $("unit");

		holder.replaceChildren(holder.firstElementChild, ...modes.map((mode) => {
			const input = el("input", {type: "radio", name: "unit", value: mode.id});

			input.checked = mode === flame.mode;
			input.addEventListener("change", () => {
				this.wanted = mode.id;
				this.apply();
				const again = holder.querySelector(`[value="${mode.id}"]`);

				if (again)
					again.focus();
			});
			return el("label", null, input, mode.label);
		}));
	},

	drawFacts(view) {
		const list = [`${view.file}: ${figureUnit(view.total, view.unit)}${view.unit === "count" ? ` ${view.type}` : ""}`];

		if (view.perRequest)
			list.push(`${figureUnit(view.total * view.perRequest, view.unit)} a request`);
		if (view.period)
			list.push(plural(Math.round(view.total / view.period), "sample"));
		if (view.prunedShare >= 0.0005)
			list.push(`frames below ${percent(view.prunedBelow)} are left out of the graph; they hold ${percent(view.prunedShare)}`);
		if (flame.diff)
			list.push(`width: this run and ${view.base} together`);
		$("facts").textContent = list.join(" \u00b7 ");
	},

	drawLegend() {
		const used = new Set(flame.view.nodes.map((node) => node.kind));
		const entry = (look, text) => el("span", null, styled(el("i.swatch"), {background: `var(--${look})`}), text);

		used.delete("other");
		$("legend").replaceChildren(...(flame.diff ?
			[entry("more", "+ more than the base"), entry("less", "\u2212 less"), entry("neutral", flame.view.period ? "not distinguishable" : "the same")] :
			Object.keys(KINDS).filter((kind) => used.has(kind)).map((kind) => entry(kind, KINDS[kind]))));
	},

	/* The measure or the difference has changed. */
	apply() {
		const view = this.view(), modes = modesOf(view, flame.diff);

		flame.mode = modes.find((mode) => mode.id === this.wanted) || modes[0];
		this.drawModes(modes);
		this.drawFacts(view);
		this.drawLegend();
		flame.draw();
		functions.draw();
	},

	choose() {
		const view = this.view();

		flame.view = view;
		flame.files = new Map(view.rows.filter((row) => row.file).map((row) => [row.name, row.file]));
		$("diff-l").hidden = !view.hasBase;
		$("diff-t").textContent = `Difference to ${view.base}`;
		flame.diff = view.hasBase && $("diff").checked;
		flame.zoom = flame.cursor = view.root;
		flame.mode = modesOf(view, flame.diff)[0];
		flame.show(view);
		this.apply();
	},

	start(views) {
		this.views = views;
		this.wanted = "share";
		$("profile").hidden = false;
		put($("view"), views.map((view, i) => el("option", {value: i}, view.label)));
		$("view").addEventListener("change", () => this.choose());
		$("diff").addEventListener("change", () => {
			flame.diff = $("diff").checked;
			this.apply();
		});
		$("search").addEventListener("input", () => flame.search($("search").value.trim()));
		$("search").addEventListener("keydown", (event) => {
			if (event.key === "Enter")
				flame.next(1);
			if (event.key === "Escape" && !$("search").value)
				$("canvas").focus();
		});
		flame.listen();
		functions.listen();
		this.choose();
	},
};
