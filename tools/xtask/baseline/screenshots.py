"""A screenshot of the active window as the original program takes it: ImageGrab, GaussianBlur(10) if asked, JPEG q50.

usage: screenshots.py ROUNDS OUT     (writes OUT.jpg and OUT-blurred.jpg; prints mean CPU milliseconds as JSON)
The first round of each kind is not counted.
"""

import io
import json
import sys
import time

from PIL import ImageFilter, ImageGrab
from Xlib import X, display

desktop = display.Display()
root = desktop.screen().root


def rectangle():
    active = root.get_full_property(desktop.intern_atom("_NET_ACTIVE_WINDOW"), X.AnyPropertyType)
    window = desktop.create_resource_object("window", active.value[0])
    size = window.get_geometry()
    place = root.translate_coords(window, 0, 0)
    left, top = -place.x if place.x < 0 else place.x, -place.y if place.y < 0 else place.y
    return left, top, left + size.width, top + size.height


def cpu():
    return time.process_time() * 1000.0


def measure(rounds, blur, path):
    capture = blurring = encode = 0.0
    data = b""
    for n in range(rounds + 1):
        start = cpu()
        image = ImageGrab.grab(bbox=rectangle(), xdisplay="")
        grabbed = cpu()
        if blur:
            image = image.filter(ImageFilter.GaussianBlur(10))
        blurred = cpu()
        buffer = io.BytesIO()
        image.convert("RGB").save(buffer, format="JPEG", quality=50)
        data = buffer.getvalue()
        done = cpu()
        if n > 0:
            capture += grabbed - start
            blurring += blurred - grabbed
            encode += done - blurred
    with open(path, "wb") as out:
        out.write(data)
    return {
        "capture_ms": capture / rounds,
        "process_ms": (blurring + encode) / rounds,
        "bytes": len(data),
        "width": image.width,
        "height": image.height,
    }


rounds, out = int(sys.argv[1]), sys.argv[2]
print(
    json.dumps(
        {
            "plain": measure(rounds, False, out + ".jpg"),
            "blurred": measure(rounds, True, out + "-blurred.jpg"),
        }
    )
)
