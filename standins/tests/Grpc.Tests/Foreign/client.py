"""Calls the probe service with grpcio and prints one line for each thing that went as it should."""
import sys
import threading

import grpc

SERVICE = "/loomflow.probe.v1.Probe/"
channel = grpc.insecure_channel(f"127.0.0.1:{sys.argv[1]}")


def text(value):
    data = value.encode()
    length, prefix = len(data), b""
    while length > 127:
        prefix += bytes([length & 127 | 128])
        length >>= 7
    return b"\x0a" + prefix + bytes([length]) + data


def number(value):
    return b"\x08" + bytes([value])


def check(name, actual, expected):
    print(f"{name}: ok" if actual == expected else f"{name}: expected {expected!r}, was {actual!r}", flush=True)


def error(call):
    try:
        call()
    except grpc.RpcError as e:
        return e
    return None


echo = channel.unary_unary(SERVICE + "Echo")
count = channel.unary_stream(SERVICE + "Count")
total = channel.stream_unary(SERVICE + "Sum")
chat = channel.stream_stream(SERVICE + "Chat")

check("unary", echo(text("hello"), timeout=30), text("hello"))
check("unary gzip", echo(text("z" * 5000), timeout=30, compression=grpc.Compression.Gzip), text("z" * 5000))
check("server streaming", list(count(number(3), timeout=30)), [number(1), number(2), number(3)])
check("client streaming", total(iter([number(1), number(2), number(39)]), timeout=30), number(42))
check("duplex", list(chat(iter([text("a"), text("b")]), timeout=30)), [text("you said a"), text("you said b")])

_, call = echo.with_call(text("metadata"), timeout=30, metadata=(("user-id", "ada"), ("token-bin", b"\x00\xff\x01\x02")))
initial, trailing = dict(call.initial_metadata()), dict(call.trailing_metadata())
check("request metadata", (initial.get("saw-user"), initial.get("saw-token-bin")), ("ada", b"\x00\xff\x01\x02"))
check("response trailers", trailing.get("proof-bin"), b"\x09\x08\x07\x06")

failure = error(lambda: echo(text("error"), timeout=30))
check("status code", failure.code(), grpc.StatusCode.FAILED_PRECONDITION)
check("status message", failure.details(), "50 % größer 🎉")
check("status details", dict(failure.trailing_metadata()).get("grpc-status-details-bin"), b"\x01\x02\x03")
check("unimplemented method", error(lambda: channel.unary_unary(SERVICE + "Missing")(b"", timeout=30)).code(), grpc.StatusCode.UNIMPLEMENTED)
check("unimplemented service", error(lambda: channel.unary_unary("/other.Service/Do")(b"", timeout=30)).code(), grpc.StatusCode.UNIMPLEMENTED)
check("oversized message", error(lambda: echo(text("x" * 5000000), timeout=30)).code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
check("deadline", error(lambda: echo(text("wait for the deadline"), timeout=0.3)).code(), grpc.StatusCode.DEADLINE_EXCEEDED)

stream = chat(iter(lambda: threading.Event().wait(), None), timeout=30)
check("first word", next(chat(iter([text("hi")]), timeout=30)), text("you said hi"))
stream.cancel()
check("cancellation", error(lambda: next(stream)).code(), grpc.StatusCode.CANCELLED)

pending = echo.future(text("wait for the cancellation"), timeout=30)
echo(text("until entered"), timeout=30)
pending.cancel()
echo(text("until cancelled"), timeout=30)
check("cancellation seen by the server", pending.cancelled(), True)
