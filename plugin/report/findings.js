/* What the tool makes of the profile, each with the frames it speaks of. */

function place(finding) {
	if (!finding.file)
		return null;
	return `${finding.file.split("/").slice(-2).join("/")}${finding.line ? `:${finding.line}` : ""}`;
}

function meter(finding) {
	const full = Math.max(2 * (finding.threshold || 0), finding.share || 0, 0.02) * 1.1;

	return el("div.meter", {"aria-hidden": "true"},
		styled(el("i"), {width: percent((finding.share || 0) / full)}),
		finding.threshold && styled(el("b"), {left: percent(finding.threshold / full)}));
}

function findingCost(finding) {
	const error = finding.relative_error ? ` \u00b1${percent(finding.relative_error)}` : "";

	return [
		finding.share !== undefined && `${percent(finding.share)} of the CPU${error}`,
		finding.threshold && `threshold ${percent(finding.threshold)}`,
		finding.ns_per_request !== undefined && `${figureTime(finding.ns_per_request)} a request`,
		finding.samples && plural(finding.samples, "sample"),
	].filter(Boolean).join(", ");
}

function callersOf(finding) {
	const callers = (finding.callers || []).map((caller) => (typeof caller === "string" ? {function: caller} : caller));

	if (callers.length < 2)
		return null;
	return el("details", null, el("summary", null, plural(callers.length, "caller")),
		table(["Caller", "Share"], callers.map((caller) => [
			showFrames(caller.function, caller.function), caller.share === undefined ? "" : percent(caller.share)])));
}

/* A button that marks the frames of a function in the CPU's flame graph. */
function showFrames(name, words) {
	const button = el("button.link.name", {type: "button", title: "show it in the flame graph"}, words);

	button.addEventListener("click", () => flame.find(name));
	return button;
}

function drawFinding(finding) {
	const confidence = finding.confidence !== undefined && (typeof finding.confidence === "number" ?
		percent(finding.confidence) : finding.confidence);

	return el("article.finding", null,
		el("div", null, el("h3", null, finding.title || finding.name), meter(finding),
			el("p.muted.small", null, findingCost(finding)),
			confidence && el("p.muted.small", null, `confidence: ${confidence}`)),
		el("div", null,
			finding.means && el("p", null, finding.means),
			finding.do && el("p", null, el("strong", null, "Do: "), finding.do),
			el("p", null,
				finding.function && ["in ", showFrames(finding.function, finding.function)],
				finding.caller && finding.caller !== finding.function && [", called by ", showFrames(finding.caller, finding.caller)],
				place(finding) && [" at ", el("span.name", {title: finding.file}, place(finding))]),
			callersOf(finding)));
}

function drawFindings(run) {
	if (!Array.isArray(run.findings) && !run.findings_refused)
		return;
	const body = section("findings");

	if (run.findings && run.findings.length)
		put(body, run.findings.map(drawFinding));
	else
		put(body, el("p.muted", null, run.findings_refused || "Nothing is above its threshold."));
}
