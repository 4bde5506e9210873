#!/usr/bin/env python3
"""Draws what a command printed as a terminal picture:  COMMAND | tools/terminal_svg.py '$ ./dev demo' > docs/images/demo.svg"""
import html
import sys

WIDTH, LINE, LEFT, TOP = 8.4, 19, 18, 54
COLOURS = (("receipt", "#7ee787"), ("try:", "#79c0ff"), ("     PULSE", "#79c0ff"), ("  simulated", "#8b949e"), ("job ", "#c9d1d9"), ("pulse ", "#ffffff"))


def colour_of(line):
    return next((colour for start, colour in COLOURS if line.startswith(start)), "#c9d1d9")


lines = [line.rstrip("\n") for line in sys.stdin]
title = sys.argv[1] if len(sys.argv) > 1 else ""
columns = max([len(line) for line in lines] + [len(title), 60])
width, height = round(columns * WIDTH + 2 * LEFT), TOP + LINE * (len(lines) + 2)
out = [
    f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" font-family="ui-monospace,Menlo,Consolas,monospace" font-size="14">',
    f'<rect width="{width}" height="{height}" rx="10" fill="#0d1117"/>',
    *(f'<circle cx="{20 + 20 * i}" cy="20" r="6" fill="{c}"/>' for i, c in enumerate(("#ff5f56", "#ffbd2e", "#27c93f"))),
]
for number, line in enumerate([title, *lines]):
    if line:
        fill = "#ffffff" if number == 0 else colour_of(line)
        out.append(f'<text x="{LEFT}" y="{TOP + LINE * number}" fill="{fill}" xml:space="preserve">{html.escape(line)}</text>')
out.append("</svg>")
print("\n".join(out))
