#!/usr/bin/env python3
"""Draws uam's icon: three bars of a day's activity, the last one with a red dot above it, which makes it a person and a
recording light at once.

Writes uam.ico (16 to 256 px) and side.bmp (the image beside the setup program's first page) beside uam.nsi, and the PNG
files of the Linux package. Python's own library is enough:

    python3 packaging/icon/draw.py

The files are committed, so nobody needs this to build. Each size is drawn separately: edges are put on whole pixels
before they are smoothed, because a scaled-down image is blurred at 16 px.
"""

import struct
import zlib
from math import floor
from pathlib import Path

HERE = Path(__file__).resolve().parent
WINDOWS = HERE.parent / "windows"
ICO_SIZES = [16, 20, 24, 32, 40, 48, 64, 128, 256]
PNG_SIZES = [48, 128, 256]
# Windows reads PNG inside an icon file from Vista on, but only ever expects it at this size.
PNG_IN_ICO = 256

# Everything is drawn on a grid of 16 by 16, which is also the smallest size.
GRID = 16
CORNER = 3.5
BARS = [(4.0, 9.0), (8.0, 4.5), (12.0, 8.0)]  # middle and top
BAR_WIDTH = 2.4
BAR_FOOT = 13.0
DOT_RADIUS = 2.1  # over the last bar

TOP, BOTTOM = (44, 98, 150), (26, 62, 102)
WHITE = (244, 248, 252)
RED = (255, 92, 72)
SIDE = (164, 314)  # as the setup program wants it
SIDE_SHAPES = 144
SAMPLES = 4  # a side; 16 samples of each pixel


def rounded(x, y, left, top, right, bottom, radius):
    """Is the point within the rectangle with round corners?"""
    if not (left <= x <= right and top <= y <= bottom):
        return False
    dx = max(left + radius - x, x - (right - radius), 0)
    dy = max(top + radius - y, y - (bottom - radius), 0)
    return dx * dx + dy * dy <= radius * radius


def shapes(size):
    """The rectangles (left, top, right, bottom, radius, colour) in pixels, bottom one first."""
    unit = size / GRID
    # Not `round`, which puts halves to even numbers and so makes gaps uneven.
    snap = (lambda value: floor(value + 0.5)) if size < 64 else (lambda value: value)
    width = max(snap(BAR_WIDTH * unit), 2)
    found = []
    for middle, top in BARS:
        left = snap(middle * unit - width / 2)
        # Square below 32 px: a round end would only look like a chipped one.
        radius = width / 4 if size >= 32 else 0
        found.append((left, snap(top * unit), left + width, snap(BAR_FOOT * unit), radius, WHITE))
    # Over the middle of the last bar, wherever that was put, and as even or odd as it.
    middle = found[-1][0] + width / 2
    across = snap(2 * DOT_RADIUS * unit)
    radius = (across + (width - across) % 2 if size < 64 else across) / 2
    bottom = found[-1][1] - max(snap(0.8 * unit), 1)
    found.append((middle - radius, bottom - 2 * radius, middle + radius, bottom, radius, RED))
    return found


def draw(size):
    """The icon as rows of (red, green, blue, alpha)."""
    return paint(size, size, CORNER * size / GRID, shapes(size))


def side():
    """The picture beside the first page: the same ground from top to bottom, the same shapes, no frame."""
    width, height = SIDE
    left, top = (width - SIDE_SHAPES) / 2, height * 0.42
    parts = [
        (x0 + left, y0 + top, x1 + left, y1 + top, radius, colour)
        for x0, y0, x1, y1, radius, colour in shapes(SIDE_SHAPES)
    ]
    return paint(width, height, 0, parts)


def paint(width, height, corner, parts):
    """A picture with a shaded ground and round corners, as rows of (red, green, blue, alpha)."""
    rows = []
    for py in range(height):
        shade = py / max(height - 1, 1)
        ground = tuple(round(a + (b - a) * shade) for a, b in zip(TOP, BOTTOM))
        row = []
        for px in range(width):
            total, covered = [0, 0, 0], 0
            for sy in range(SAMPLES):
                for sx in range(SAMPLES):
                    x, y = px + (sx + 0.5) / SAMPLES, py + (sy + 0.5) / SAMPLES
                    if not rounded(x, y, 0, 0, width, height, corner):
                        continue
                    colour = ground
                    for left, top, right, bottom, radius, own in parts:
                        if rounded(x, y, left, top, right, bottom, radius):
                            colour = own
                    covered += 1
                    total = [t + c for t, c in zip(total, colour)]
            mean = [round(t / covered) for t in total] if covered else [0, 0, 0]
            row.append((*mean, round(255 * covered / SAMPLES**2)))
        rows.append(row)
    return rows


def png(rows):
    """The picture as a PNG file."""
    size = len(rows)
    raw = b"".join(b"\0" + bytes(value for pixel in row for value in pixel) for row in rows)

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b"")


def bitmap(rows):
    """The picture as an icon's bitmap: 32 bits a pixel, lowest row first, and the old one-bit mask after it."""
    size = len(rows)
    header = struct.pack("<IiiHHIIiiII", 40, size, size * 2, 1, 32, 0, 0, 0, 0, 0, 0)
    pixels = b"".join(bytes((b, g, r, a)) for row in reversed(rows) for r, g, b, a in row)
    mask = bytearray()
    for row in reversed(rows):
        bits = "".join("1" if pixel[3] == 0 else "0" for pixel in row).ljust((size + 31) // 32 * 32, "0")
        mask += int(bits, 2).to_bytes(len(bits) // 8, "big")
    return header + pixels + bytes(mask)


def bmp(rows):
    """The picture as a BMP file: 24 bits a pixel, lowest row first, rows filled up to four bytes."""
    width, height = len(rows[0]), len(rows)
    body = b"".join(
        b"".join(bytes((b, g, r)) for r, g, b, _ in row).ljust((width * 3 + 3) // 4 * 4, b"\0") for row in reversed(rows)
    )
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, len(body), 0, 0, 0, 0)
    return struct.pack("<2sIHHI", b"BM", 14 + len(header) + len(body), 0, 0, 14 + len(header)) + header + body


def ico(pictures):
    """An icon file of (size, bytes) pairs."""
    offset = 6 + 16 * len(pictures)
    directory = struct.pack("<HHH", 0, 1, len(pictures))
    for size, body in pictures:
        # 0 stands for 256.
        directory += struct.pack("<BBBBHHII", size % 256, size % 256, 0, 0, 1, 32, len(body), offset)
        offset += len(body)
    return directory + b"".join(body for _, body in pictures)


def main():
    drawn = {size: draw(size) for size in sorted({*ICO_SIZES, *PNG_SIZES})}
    pictures = [(size, png(drawn[size]) if size >= PNG_IN_ICO else bitmap(drawn[size])) for size in ICO_SIZES]
    (WINDOWS / "uam.ico").write_bytes(ico(pictures))
    (WINDOWS / "side.bmp").write_bytes(bmp(side()))
    for size in PNG_SIZES:
        (HERE / f"uam-{size}.png").write_bytes(png(drawn[size]))


if __name__ == "__main__":
    main()
