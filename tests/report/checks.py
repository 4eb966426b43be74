#!/usr/bin/env python3
"""Drives the pages in a real browser: checks.py PAGES PICTURES [AXE]

PAGES holds run.html, diff.html, hostile.html and large.html; PICTURES is where screenshots go; AXE is axe.min.js.
"""

import os
import sys

from browser import Browser

failures = 0


def check(what, is_so, detail=""):
    global failures
    if not is_so:
        failures += 1
    print("%s %s%s" % ("ok    " if is_so else "FAILED", what, "" if is_so else ": %r" % (detail,)))


def equal(what, got, wanted):
    check(what, got == wanted, "%r, not %r" % (got, wanted))


def text(page, selector):
    return page.run("document.querySelector(%r).textContent" % selector)


def quiet(page, name):
    equal(name + ": no complaint in the console", page.complaints(), [])
    equal(name + ": nothing is fetched", page.requests(), [])
    check(name + ": drawn", page.run("!document.getElementById('page').hidden && document.getElementById('broken').hidden"))


def no_wider(page, name):
    equal(name + ": no wider than the window", page.run("document.documentElement.scrollWidth <= innerWidth"), True)


def first_screen(page):
    equal("title", page.run("document.title"), "shop/api-7f9c: trusted with reservations - kubectl pprof")
    equal("heading", text(page, "#target"), "shop/api-7f9c and 1 more pod")
    equal("verdict", text(page, ".verdict strong"), "Trusted with reservations")
    check("what is not ok comes first", "12 of 30000" in text(page, ".checks li"), text(page, ".checks li"))
    figures = text(page, "#figures")
    for figure in ("733us", "3,000/s", "162us", "40.0 KiB", "840"):
        check("key figure " + figure, figure in figures, figures)
    equal("findings", page.run("document.querySelectorAll('.finding').length"), 2)
    check("a suspect is named", "leak" in text(page, "#goroutines table"))
    pods = text(page, "#pods table")
    check("each pod has its row", all(word in pods for word in ("api-7f9c", "67.5%", "1.62", "api-9d2e (lost)")), pods)
    check("capacity has its steps", "threshold" in text(page, "#capacity"))
    check("the window is shaded", page.run("document.querySelectorAll('#timeline .shade').length === 1"))
    equal("three latencies", page.run("document.querySelectorAll('#latency path.line').length"), 3)


def flame_by_mouse(page):
    page.run("document.getElementById('canvas').scrollIntoView({block: 'start'})")
    box = page.run("(() => { const b = document.getElementById('canvas').getBoundingClientRect(); return [b.x, b.y, b.width]; })()")
    whole = text(page, "#frame")
    check("the whole is 100%", "100.0%" in whole, whole)
    page.click(box[0] + 20, box[1] + 19 * 2 + 9)
    name = page.run("flame.zoom.name")
    check("a click zooms", page.run("flame.zoom.depth === 2 && !document.getElementById('out').disabled"), name)
    check("the frame is named in words", name in text(page, "#frame"), text(page, "#frame"))
    equal("it is as wide as the graph", page.run("Math.round(flame.boxes[2][0].width) === flame.width"), True)
    page.press("#out")
    equal("the button zooms out", page.run("flame.zoom.depth"), 1)
    page.press("#reset")
    equal("and back to the whole", page.run("flame.zoom.depth"), 0)


def flame_by_keyboard(page):
    page.run("document.getElementById('canvas').focus()")
    for key in ("ArrowDown", "ArrowDown", "Enter"):
        page.key(key)
    equal("arrows and Enter zoom", page.run("flame.zoom.depth"), 2)
    page.key("Escape")
    equal("Escape zooms out", page.run("flame.zoom.depth"), 1)
    page.key("ArrowUp")
    page.key("ArrowDown")
    first = page.run("flame.cursor.name")
    page.key("ArrowRight")
    check("right goes to the neighbour", page.run("flame.cursor.depth === 1") and page.run("flame.cursor.name") != first, first)
    page.key("ArrowLeft")
    equal("left goes back", page.run("flame.cursor.name"), first)
    page.key("/")
    equal("/ goes to the search", page.run("document.activeElement.id"), "search")


def search(page):
    page.type("main.fib")
    check("frames are found", page.run("flame.matches.size > 0") and "frame" in text(page, "#matches"), text(page, "#matches"))
    check("the table shows the found", page.run("[...document.querySelectorAll('#table tbody th')].every((th) => th.textContent.toLowerCase().includes('main.fib'))"))
    page.key("Enter")
    equal("Enter goes to a match", page.run("flame.matches.has(flame.cursor)"), True)
    page.run("document.getElementById('search').value = ''")
    page.type("no such function")
    equal("nothing found is said", text(page, "#matches"), "no match")
    page.run("document.getElementById('search').value = ''; flame.search('')")
    page.press(".finding .link")
    equal("a finding shows its frames", page.run("document.getElementById('search').value"), "runtime.mallocgc")
    check("and the first is in view", page.run("flame.cursor.name === 'runtime.mallocgc'"), page.run("flame.cursor.name"))
    page.run("document.getElementById('search').value = ''; flame.search('')")


def column(page, index):
    return page.run("[...document.querySelectorAll('#table tbody tr')].map((row) => row.children[%d].textContent)" % index)


def sorting(page):
    equal("sorted by self first", page.run("document.querySelector('[aria-sort=descending]').textContent.slice(0, 4)"), "Self")
    equal("as go tool pprof has it", column(page, 0)[:3], ["main.fib", "runtime.memmove", "crypto/internal/fips140/sha256.blockSHANI"])
    equal("with its figures", column(page, 1)[:2], ["170ms", "150ms"])
    page.press("[data-sort=name]")
    names = column(page, 0)
    equal("sorted by name", names, sorted(names))
    page.press("[data-sort=name]")
    names = column(page, 0)
    equal("and the other way round", names, sorted(names, reverse=True))
    page.press("#more")
    equal("all rows on demand", len(column(page, 0)), page.run("flame.view.rows.length"))
    page.press("[data-sort=total]")
    check("sorted by total", page.run("functions.rows({id: 'total', of: (row) => row.total}).every((row, i, all) => !i || all[i - 1].total >= row.total)"))
    page.press("#more")
    page.press("[data-sort=self]")


def measures(page):
    page.run("document.querySelector('[name=unit][value=request]').click()")
    check("a request's part", "us" in text(page, "#frame") or "ms" in text(page, "#frame"), text(page, "#frame"))
    page.run("document.querySelector('[name=unit][value=total]').click()")
    equal("absolute", page.run("flame.mode.id"), "total")
    page.run("document.querySelector('[name=unit][value=share]').click()")
    views = page.run("picker.views.map((view) => view.label)")
    for wanted in ("cpu", "goroutine", "heap: inuse_space", "heap: alloc_objects", "allocs: alloc_space", "mutex: delay", "block: contentions"):
        check("a view of " + wanted, wanted in views, views)
    page.run("(() => { const s = document.getElementById('view'); s.value = picker.views.findIndex((v) => v.label === 'heap: inuse_space'); s.dispatchEvent(new Event('change')); })()")
    check("bytes are written as bytes", "iB" in text(page, "#facts"), text(page, "#facts"))
    check("heap has no part of a request", not page.run("Boolean(document.querySelector('[name=unit][value=request]'))"))
    page.run("(() => { const s = document.getElementById('view'); s.value = 0; s.dispatchEvent(new Event('change')); })()")


def themes(page):
    dark = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.run(dark)
    page.press("#theme")
    page.press("#theme")
    equal("the button makes it dark", text(page, "#theme"), "Theme: dark")
    check("another background", page.run(dark) != light)
    page.press("#theme")
    page.scheme("dark")
    page.settle()
    equal("the system's wish is followed", page.run("document.documentElement.dataset.theme"), "dark")
    page.scheme("light")
    page.settle()


def timeline(page):
    page.run("document.querySelector('#timeline .charts').focus()")
    for _ in range(3):
        page.key("ArrowRight")
    reading = text(page, "#timeline .readout")
    check("the keyboard reads the timeline", reading.startswith("2s (ramp): Rate"), reading)


def difference(page):
    equal("the figures are compared", page.run("document.querySelectorAll('.delta').length >= 4"), True)
    page.press("#diff")
    check("the difference is on", page.run("flame.diff"))
    check("colours are explained with a sign", "+ more than the base" in text(page, "#legend"), text(page, "#legend"))
    check("the table has both", "Self, base" in text(page, "#table thead"), text(page, "#table thead"))
    page.run("document.querySelector('[name=unit][value=request]').click()")
    page.run("flame.move(flame.view.nodes.find((node) => node.name === 'main.fib'))")
    check("a frame's change is in words", "base " in text(page, "#frame"), text(page, "#frame"))
    modes = page.run("modesOf(flame.view, true).map((mode) => mode.label)")
    equal("absolute is a rate there", modes, ["Share", "A request", "A second"])


def hostile(page):
    equal("nobody has changed the title", "owned" in page.run("document.title").replace(
        "document.title='owned'", ""), False)
    equal("no element was smuggled in", page.run("document.querySelectorAll('img, iframe, object, body svg[onload], [onerror]').length"), 0)
    equal("two scripts, no more", page.run("document.scripts.length"), 2)
    equal("names of 10 KB are cut", page.run("Math.max(...flame.view.nodes.map((node) => node.name.length)) <= 300"), True)
    equal("nothing turns the text around", page.run("/[\\u202a-\\u202e\\u2066-\\u2069\\u200f\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f]/.test(document.body.textContent.replace(/[\\n\\t]/g, ''))"), False)
    check("names that objects have by birth are names", page.run("flame.view.rows.some((row) => row.name === '__proto__' || row.name === 'constructor')"))
    page.run("flame.search('<!--')")
    check("an attack can be searched for", page.run("flame.matches.size > 0"))
    page.run("flame.search('')")
    refused = page.run("(() => { try { const s = document.createElement('script'); s.text = 'document.title = \"owned\"'; document.body.append(s); } "
                       "catch (error) { return 'refused'; } return document.title; })()")
    check("the policy lets no other script run", refused == "refused" or "owned" not in refused, refused)


def accessible(page, axe, name):
    page.run("delete window.axe")
    page.ask("Page.setBypassCSP", enabled=True)
    page.open(os.path.join(sys.argv[1], name + ".html"))
    page.ask("Runtime.evaluate", expression=axe)
    for theme in ("light", "dark"):
        page.scheme(theme)
        page.settle()
        found = page.run("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
                         ".then((r) => r.violations.map((v) => v.id + ': ' + v.nodes.slice(0, 3).map((n) => n.html.slice(0, 120) + ' ' + (n.failureSummary || '').slice(0, 200)).join(' | ')))")
        equal("%s: axe finds nothing in %s" % (name, theme), found, [])
    page.scheme("light")
    page.ask("Page.setBypassCSP", enabled=False)


def drive(page, pages, pictures, axe):
    def show(name):
        page.open(os.path.join(pages, name + ".html"))
        quiet(page, name)

    page.size(1280, 900)
    page.scheme("light")
    show("run")
    page.picture(os.path.join(pictures, "light.png"))
    for part in (first_screen, flame_by_mouse, flame_by_keyboard, search, sorting, measures, timeline, themes):
        part(page)
    equal("still no complaint", page.complaints(), [])
    page.scheme("dark")
    page.settle()
    page.picture(os.path.join(pictures, "dark.png"))
    page.scheme("light")
    show("diff")
    difference(page)
    page.picture(os.path.join(pictures, "diff.png"))
    show("hostile")
    hostile(page)
    page.picture(os.path.join(pictures, "hostile.png"))
    check("large: under 2 MB", os.path.getsize(os.path.join(pages, "large.html")) < 2_000_000)
    show("large")
    check("large: what is left out is said", "left out of the graph" in text(page, "#facts"), text(page, "#facts"))
    page.size(360, 740, 2)
    for name in ("run", "hostile", "diff"):
        show(name)
        no_wider(page, name + " on a phone")
        if name == "run":
            page.picture(os.path.join(pictures, "phone.png"))
    page.size(1280, 900)
    if axe:
        accessible(page, axe, "run")
        accessible(page, axe, "diff")


def main():
    axe = open(sys.argv[3], encoding="utf-8").read() if len(sys.argv) > 3 else ""
    page = Browser()
    try:
        drive(page, sys.argv[1], sys.argv[2], axe)
    finally:
        page.close()
    print("%d failed" % failures)
    return 1 if failures else 0


sys.exit(main())
