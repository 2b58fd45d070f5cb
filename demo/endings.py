"""How the demo's servers end: with Ctrl-C, when they are told to, and with the process that started them.

Belongs here: signals and the watch over the parent. Does not belong here: serving.
"""

from __future__ import annotations

import argparse
import os
import signal
import threading
import time

_LOOK_EVERY = 1.0


def add_option(parser: argparse.ArgumentParser) -> None:
    """The option by which the demo starts them."""
    parser.add_argument("--with-parent", action="store_true", help="end when the process that started this one ends")


def prepare(*, with_parent: bool) -> None:
    """Make SIGINT and SIGTERM end this process, also where it was started with both ignored (nohup, a job in the
    background); with a parent, its end too: a demo that was killed can stop nothing any more.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if with_parent:
        threading.Thread(target=_watch, args=(os.getppid(),), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY)
    os._exit(0)
