"use strict";
/* What all parts of the page use. Text goes in as text nodes only: names in profiles are anybody's. */

const $ = (id) => document.getElementById(id);

function put(parent, ...children) {
	for (const child of children.flat(Infinity)) {
		if (child !== null && child !== undefined && child !== false)
			parent.append(child);
	}
	return parent;
}

function el(tag, attributes, ...children) {
	const [name, ...classes] = tag.split(".");
	const made = document.createElement(name || "div");

	made.classList.add(...classes);
	for (const [key, value] of Object.entries(attributes || {}))
		made.setAttribute(key, value);
	return put(made, ...children);
}

function svg(tag, attributes, ...children) {
	const made = document.createElementNS("http://www.w3.org/2000/svg", tag);

	for (const [key, value] of Object.entries(attributes || {}))
		made.setAttribute(key, value);
	return put(made, ...children);
}

const styled = (element, styles) => (Object.assign(element.style, styles), element);

/* ---- figures, as the summary in the terminal prints them ---- */

const digits = (value) => (Math.abs(value) < 9.995 ? 2 : Math.abs(value) < 99.95 ? 1 : 0);

function figureTime(ns) {
	if (Math.abs(ns) >= 119.5e9) {
		const seconds = Math.round(Math.abs(ns) / 1e9);

		return `${ns < 0 ? "-" : ""}${Math.floor(seconds / 60)}m${String(seconds % 60).padStart(2, "0")}s`;
	}
	for (const [size, unit] of [[1e9, "s"], [1e6, "ms"], [1e3, "us"]]) {
		if (Math.abs(ns / size) >= 0.9995)
			return (ns / size).toFixed(digits(ns / size)) + unit;
	}
	return ns && Math.abs(ns) < 9.5 ? `${ns.toFixed(1)}ns` : `${ns.toFixed(0)}ns`;
}

function figureCount(value) {
	const size = Math.abs(value);

	if (size >= 999999.5)
		return `${(value / 1e6).toFixed(digits(value / 1e6))}M`;
	if (size >= 999.5)
		return Math.round(value).toString().replace(/(\d)(?=(\d{3})+$)/g, "$1,");
	if (size < 9.95 && value % 1)
		return value.toFixed(size < 0.095 ? 3 : 1);
	return Math.round(value).toString();
}

function figureBytes(bytes) {
	const units = ["KiB", "MiB", "GiB", "TiB"];
	let unit = -1;

	while (Math.abs(bytes) >= 1023.5 && unit < 3) {
		bytes /= 1024;
		unit++;
	}
	return unit < 0 ? `${bytes.toFixed(Math.abs(bytes) < 9.5 && bytes % 1 ? 1 : 0)} B` :
		`${bytes.toFixed(digits(bytes))} ${units[unit]}`;
}

function figureUnit(value, unit) {
	if (unit === "nanoseconds")
		return figureTime(value);
	return unit === "bytes" ? figureBytes(value) : figureCount(value);
}

function percent(share) {
	const value = 100 * share;

	return `${value.toFixed(Math.abs(value) < 0.1 && value ? 2 : 1)}%`;
}

const signed = (text, value) => (value > 0 ? `+${text}` : text.replace(/^-/, "\u2212"));
const plural = (count, word) => `${figureCount(count)} ${word}${count === 1 ? "" : "s"}`;

/* ---- small pieces ---- */

function level(word) {
	return el(`span.level.level-${word}`, null, word);
}

/* A section that is there only when it has something to say; returns where it goes. */
function section(id) {
	const found = $(id);

	found.hidden = false;
	return found.querySelector("div");
}

/* rows: arrays of cells; the first column names the row. A cell is text or a node. */
function table(heads, rows, textColumns = [0]) {
	const kind = (i) => (textColumns.includes(i) ? ".text" : "");

	return el("table", null,
		el("thead", null, el("tr", null, heads.map((head, i) => el(`th${kind(i)}`, {scope: "col"}, head)))),
		el("tbody", null, rows.map((row) => el("tr", null, row.map((cell, i) =>
			(i ? el(`td${kind(i)}`, null, cell) : el(`th${kind(i)}`, {scope: "row"}, cell)))))));
}

function foldedTable(what, heads, rows) {
	return el("details", null, el("summary", null, what),
		el("div.scroll", {tabindex: 0, role: "region", "aria-label": what}, table(heads, rows)));
}

/* pairs: [term, description]; those without a description are left out. */
function pairs(list) {
	return el("dl.facts", null, list.filter(([, value]) => value !== undefined && value !== null && value !== "")
		.map(([term, value]) => [el("dt", null, term), el("dd", null, value)]));
}

const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/* Called when what is drawn has to be drawn again: another width, another theme. */
const redraws = [];
const redraw = () => redraws.forEach((draw) => draw());
