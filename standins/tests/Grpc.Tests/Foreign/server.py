"""Serves the probe service with grpcio; prints the port, then what it saw of cancelled calls; ends with its input."""
import sys
import threading
from concurrent import futures

import grpc


def say(line):
    print(line, flush=True)


def echo(request, context):
    if request == b"\x0a\x05error":
        context.set_trailing_metadata((("grpc-status-details-bin", b"\x01\x02\x03"),))
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, "50 % größer 🎉")
    if request == b"\x0a\x04wait":
        ended = threading.Event()
        context.add_callback(ended.set)
        say("waiting")
        ended.wait(30)
        say("cancelled")
        return request
    metadata = dict(context.invocation_metadata())
    if "token-bin" in metadata:
        context.send_initial_metadata((("saw-user", metadata["user-id"]), ("saw-token-bin", metadata["token-bin"])))
        context.set_trailing_metadata((("proof-bin", b"\x09\x08\x07\x06"),))
    return request


def count(request, context):
    for i in range(1, request[1] + 1):
        yield b"\x08" + bytes([i])


def total(requests, context):
    return b"\x08" + bytes([sum(r[1] for r in requests)])


def chat(requests, context):
    for r in requests:
        said = b"you said " + r[2:]
        yield b"\x0a" + bytes([len(said)]) + said


server = grpc.server(
    futures.ThreadPoolExecutor(16),
    compression=grpc.Compression.Gzip if "gzip" in sys.argv else None,
    options=(("grpc.max_receive_message_length", 1000000),),
)
server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("loomflow.probe.v1.Probe", {
    "Echo": grpc.unary_unary_rpc_method_handler(echo),
    "Count": grpc.unary_stream_rpc_method_handler(count),
    "Sum": grpc.stream_unary_rpc_method_handler(total),
    "Chat": grpc.stream_stream_rpc_method_handler(chat),
}),))
port = server.add_insecure_port("127.0.0.1:0")
server.start()
say(port)
sys.stdin.read()
server.stop(None)
