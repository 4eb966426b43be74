/* Puts the page together from the data in it. */

function applyTheme(choice) {
	const dark = choice === "dark" || (choice === "system" && matchMedia("(prefers-color-scheme: dark)").matches);

	document.documentElement.dataset.theme = dark ? "dark" : "light";
	$("theme").textContent = `Theme: ${choice}`;
}

/* Storage may be forbidden to a file: then the choice lasts as long as the page. */
function startTheme() {
	const choices = ["system", "light", "dark"];
	let choice = "system";

	try {
		const kept = localStorage.getItem("kubectl-pprof-theme");

		choice = choices.includes(kept) ? kept : choice;
	} catch { /* as it is */ }
	applyTheme(choice);
	$("theme").addEventListener("click", () => {
		choice = choices[(choices.indexOf(choice) + 1) % choices.length];
		try {
			localStorage.setItem("kubectl-pprof-theme", choice);
		} catch { /* as it is */ }
		applyTheme(choice);
		redraw();
	});
	matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
		applyTheme(choice);
		redraw();
	});
}

function drawNav() {
	const list = [...document.querySelectorAll("main > section:not([hidden]) > h2:not(.hidden)")];

	put($("nav"), list.map((head) => el("a", {href: `#${head.parentElement.id}`}, head.textContent)));
}

function draw(data) {
	const views = data.views.map((raw) => unpackView(raw, data.strings)).filter((view) => view.root && view.nodes.length > 1);
	const cpu = views.find((view) => view.profile === "cpu");

	drawTop(data);
	drawVerdict(data.run);
	drawFigures(data);
	if (cpu)
		drawWhere(cpu, data.run);
	drawFindings(data.run);
	drawPods(data.run);
	drawCost(data.run);
	drawTimeline(data);
	drawLatency(data);
	drawGoroutines(data.run);
	drawMemory(data.run);
	drawCapacity(data.run);
	drawPlan(data);
	put($("foot"), el("p", null, [...data.notes, `Made by ${data.tool} from the files of the run; this page fetches nothing.`].join(" ")));
	$("page").hidden = false;
	if (views.length)
		picker.start(views);
	drawNav();
	redraw();
}

function start() {
	let width = 0;

	startTheme();
	draw(JSON.parse($("data").textContent));
	new ResizeObserver(() => {
		if (document.body.clientWidth !== width)
			redraw();
		width = document.body.clientWidth;
	}).observe(document.body);
	document.documentElement.dataset.ready = "yes";
}

try {
	start();
} catch (error) {
	$("broken").hidden = false;
	$("broken").textContent = `This page could not be drawn: ${error.message}. The same figures are in run.json beside it.`;
	throw error;
}
