"""Python code for the services, generated from proto/ by grpcio-tools into a temporary folder."""
import atexit
import importlib
import pathlib
import shutil
import sys
import tempfile
import types

from grpc_tools import protoc

PROTO = pathlib.Path(__file__).resolve().parents[2] / "proto"


def load():
    """One namespace with every message, enum number and stub of hefu.v1."""
    out = tempfile.mkdtemp(prefix="hefu-python-stubs-")
    atexit.register(shutil.rmtree, out, ignore_errors=True)
    files = sorted(str(path.relative_to(PROTO)) for path in (PROTO / "hefu" / "v1").glob("*.proto"))
    assert files, f"no .proto files below {PROTO}"
    arguments = ["protoc", f"--proto_path={PROTO}", f"--python_out={out}", f"--grpc_python_out={out}", *files]
    assert protoc.main(arguments) == 0, "grpcio-tools could not compile the .proto files"
    sys.path.insert(0, out)
    names = {}
    for file in files:
        module = file.removesuffix(".proto").replace("/", ".")
        for suffix in ("_pb2", "_pb2_grpc"):
            for name, value in vars(importlib.import_module(module + suffix)).items():
                if not name.startswith("_"):
                    names[name] = value
    return types.SimpleNamespace(**names)
