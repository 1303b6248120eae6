#!/usr/bin/env python3
"""Runs everything here against a server of its own: run.py [HEFUD], or with the path in the environment as HEFUD.

The packages of requirements.txt are used where they are, if this interpreter has them in those versions; otherwise they
are installed into a virtual environment below HEFU_PY_CACHE, once for each state of that file.
"""
import contextlib
import hashlib
import importlib.metadata
import os
import pathlib
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import venv

HERE = pathlib.Path(__file__).resolve().parent
REQUIREMENTS = HERE / "requirements.txt"
REFERENCE = HERE.parent / "vectors" / "reference.py"


def importable():
    """Whether this interpreter has every package, as pinned."""
    for line in REQUIREMENTS.read_text(encoding="utf-8").splitlines():
        name, _, version = line.partition("==")
        if version:
            try:
                if importlib.metadata.version(name) != version:
                    return False
            except importlib.metadata.PackageNotFoundError:
                return False
    return True


def interpreter():
    """A Python that has the packages."""
    if importable():
        return sys.executable
    cache = pathlib.Path(os.environ.get("HEFU_PY_CACHE") or pathlib.Path(tempfile.gettempdir()) / "hefu-python-tests")
    state = REQUIREMENTS.read_bytes() + sys.version.encode()
    folder = cache / hashlib.sha256(state).hexdigest()[:16]
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        print(f"installing {REQUIREMENTS.name} into {folder}", flush=True)
        shutil.rmtree(folder, ignore_errors=True)  # half of an earlier attempt
        venv.create(folder, with_pip=True)
        run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS)
        (folder / "complete").touch()
    return str(python)


def run(*command, scratch=None):
    """Runs a command, with its temporary files in a folder of ours: it may be killed before it removes them."""
    environment = os.environ | ({"TMPDIR": scratch} if scratch else {})
    subprocess.run([str(part) for part in command], check=True, env=environment)


@contextlib.contextmanager
def server(hefud, folder):
    """A fresh ledger and a server for it; gives its address and the folder of its keys, and always stops it."""
    pathlib.Path(folder).mkdir(exist_ok=True)
    data = pathlib.Path(folder) / "ledger"
    init = [hefud, "init", "--data", str(data), "--origin", "example.org/python-client", "--title-en", "Test"]
    done = subprocess.run(init, capture_output=True, text=True)
    assert done.returncode == 0, f"hefud init failed: {done.stderr}"
    with open(pathlib.Path(folder) / "log", "w+", encoding="utf-8") as log:
        serve = [hefud, "serve", "--data", str(data), "--listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0"]
        process = subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            yield listening(process, log), data / "keys"
        finally:
            stop(process)


def listening(process, log):
    """The address from the server's first line; it must come within half a minute."""
    lines = queue.SimpleQueue()
    threading.Thread(target=lambda: lines.put(process.stdout.readline()), daemon=True).start()
    try:
        line = lines.get(timeout=30)
    except queue.Empty:
        line = ""
    if not line.startswith("listening on "):
        log.seek(0)
        raise AssertionError(f"hefud serve said {line!r}, and:\n{log.read()}")
    return line.split()[-1]


def stop(process):
    process.terminate()
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()


def everything(hefud, hefu, python, scratch):
    print("== reference.py: the golden vectors, recomputed", flush=True)
    run(python, REFERENCE, scratch=scratch)
    print("== canonical.py: what Python's protobuf writes", flush=True)
    run(python, HERE / "canonical.py", scratch=scratch)
    with server(hefud, scratch) as (address, keys):
        print(f"== client.py: a client against hefud at {address}", flush=True)
        run(python, HERE / "client.py", address, keys / "office-1.pem", scratch=scratch)
    with server(hefud, pathlib.Path(scratch) / "tables") as (address, keys):
        print("== tables.py: files in and out of hefu, read by openpyxl and sdmx1", flush=True)
        run(python, HERE / "tables.py", hefu, address, keys / "office-1.pem", scratch=scratch)


def main():
    hefud = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("HEFUD")
    if not hefud or not shutil.which(hefud):
        sys.exit("where is hefud? Give its path as the argument or in the environment as HEFUD.")
    hefud = shutil.which(hefud)
    hefu = shutil.which(os.environ.get("HEFU") or pathlib.Path(hefud).with_name("hefu"))
    if not hefu:
        sys.exit(f"where is hefu? It does not lie beside {hefud}; give its path in the environment as HEFU.")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the server is stopped then, too
    try:
        python = interpreter()
        with tempfile.TemporaryDirectory(prefix="hefu-python-") as scratch:
            everything(hefud, hefu, python, scratch)
    except subprocess.CalledProcessError as error:
        sys.exit(f"FAILED  {pathlib.Path(error.cmd[1]).name} exited with {error.returncode}")
    except AssertionError as error:
        sys.exit(f"FAILED  {error}")
    except KeyboardInterrupt:
        sys.exit(130)
    print("all passed")


if __name__ == "__main__":
    main()
