"""The original program's job in ordinary Python: count input with pynput, poll the active window once a second,
append changes to a text log. No screenshots here: they are measured by shots.py.

usage: agent.py LOG COUNTS     (ends on SIGINT or SIGTERM, then writes the totals to COUNTS as JSON)
"""

import json
import os
import signal
import sys
import threading
import time

os.environ["PYNPUT_BACKEND"] = "xorg"

from pynput import keyboard, mouse  # noqa: E402
from Xlib import X, display  # noqa: E402


class Counter:
    def __init__(self):
        self.lock = threading.Lock()
        self.keys = self.clicks = self.scroll = 0

    def on_press(self, _key):
        with self.lock:
            self.keys += 1

    def on_click(self, _x, _y, _button, pressed):
        if pressed:
            with self.lock:
                self.clicks += 1

    def on_scroll(self, _x, _y, _dx, _dy):
        with self.lock:
            self.scroll += 1

    def totals(self):
        with self.lock:
            return {"keys": self.keys, "clicks": self.clicks, "scroll": self.scroll}


class ActiveWindow:
    def __init__(self):
        self.display = display.Display()
        self.root = self.display.screen().root
        atom = self.display.intern_atom
        self.active = atom("_NET_ACTIVE_WINDOW")
        self.name = atom("_NET_WM_NAME")
        self.utf8 = atom("UTF8_STRING")

    def title(self):
        try:
            found = self.root.get_full_property(self.active, X.AnyPropertyType)
            if not found or not found.value[0]:
                return ""
            window = self.display.create_resource_object("window", found.value[0])
            name = window.get_full_property(self.name, self.utf8)
            if name:
                return name.value.decode("utf-8", "replace")
            return str(window.get_wm_name() or "")
        except Exception:  # the window went away between two questions
            return ""


def main():
    log_path, counts_path = sys.argv[1:3]
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    counter = Counter()
    keys = keyboard.Listener(on_press=counter.on_press)
    pointer = mouse.Listener(on_click=counter.on_click, on_scroll=counter.on_scroll)
    keys.start()
    pointer.start()
    keys.wait()
    pointer.wait()
    window = ActiveWindow()
    current, since = window.title(), time.time()
    print("recording", flush=True)
    with open(log_path, "a", encoding="utf-8") as log:
        while not stop.wait(1.0):
            title = window.title()
            if title != current:
                now = time.time()
                log.write(f"{since:.0f}\t{now - since:.1f}\t{current}\t{counter.totals()}\n")
                log.flush()
                current, since = title, now
        log.write(f"{since:.0f}\t{time.time() - since:.1f}\t{current}\t{counter.totals()}\n")
    keys.stop()
    pointer.stop()
    with open(counts_path, "w", encoding="utf-8") as out:
        json.dump(counter.totals(), out)


main()
