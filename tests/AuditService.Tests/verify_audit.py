#!/usr/bin/env python3
"""Verifies an audit log from its files and the format in docs/audit.md alone; shares no code with the service.

usage: verify_audit.py <directory> <key id>=<hex secret>...
prints the number of records and the Merkle root, or what is wrong, and exits with 1.
"""
import base64
import hashlib
import hmac
import os
import struct
import sys

MAGIC = b"loomflow-audit-v1"


class Damaged(Exception):
    pass


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        if self.at + count > len(self.data):
            raise Damaged("a record ends inside a field")
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self, size):
        return int.from_bytes(self.take(size), "big")


def parse(record):
    body, mac = record[:-32], record[-32:]
    r = Reader(body)
    if r.take(len(MAGIC)) != MAGIC:
        raise Damaged("not a version 1 record")
    fields = {
        "body": body, "mac": mac, "kind": r.number(1), "log": r.take(16), "sequence": r.number(8), "previous": r.take(32),
        "recorded": r.number(8), "commitment": r.take(32), "payload": r.number(4), "key": r.take(r.number(1)).decode(),
        "proof": r.take(r.number(2)),
    }
    fields["time"], fields["visit"], fields["attempt"] = r.number(8), r.number(4), r.number(4)
    names = ["event", "action", "actor", "partition", "session", "run", "root", "parent", "subject", "node", "trace", "span"]
    for name in names:
        fields[name] = r.take(r.number(2)).decode()
    if r.at != len(body):
        raise Damaged("bytes behind the last field")
    return fields


def frames(path):
    data = open(path, "rb").read()
    at = 0
    while at < len(data):
        if at + 8 > len(data):
            raise Damaged("the segment ends inside a header")
        length, complement = struct.unpack(">II", data[at:at + 8])
        if length ^ complement != 0xFFFFFFFF or at + 8 + length > len(data):
            raise Damaged("a frame header is damaged")
        yield data[at + 8:at + 8 + length]
        at += 8 + length


class Tree:
    """RFC 6962: complete subtrees from the left."""

    def __init__(self):
        self.nodes, self.size = [], 0

    def append(self, leaf):
        level, value = 0, leaf
        while self.nodes and self.nodes[-1][0] == level:
            value = hashlib.sha256(b"\x01" + self.nodes.pop()[1] + value).digest()
            level += 1
        self.nodes.append((level, value))
        self.size += 1

    def root(self):
        if not self.nodes:
            return hashlib.sha256(b"").digest()
        value = self.nodes[-1][1]
        for _, left in reversed(self.nodes[:-1]):
            value = hashlib.sha256(b"\x01" + left + value).digest()
        return value


def checkpoints(path):
    if not os.path.exists(path):
        return
    blocks = open(path, encoding="utf-8", newline="").read().split("\n\n")
    for text in blocks[0:-1:2]:
        origin, size, root, _ = text.split("\n")
        yield origin, int(size), base64.b64decode(root)


def verify(directory, keys):
    segments = os.path.join(directory, "segments")
    notes = list(checkpoints(os.path.join(directory, "checkpoints")))
    tree, previous, log, key, seen = Tree(), bytes(32), None, None, 0
    for name in sorted(n for n in os.listdir(segments) if n.endswith(".log")):
        payloads = open(os.path.join(segments, name[:-4] + ".pay"), "rb").read()
        at = 0
        for record in frames(os.path.join(segments, name)):
            f, n = parse(record), tree.size
            log, key = log or f["log"], key or f["key"]
            if f["log"] != log:
                raise Damaged(f"record {n} is of another log")
            if f["sequence"] != n:
                raise Damaged(f"record {n} says that it is {f['sequence']}")
            if f["previous"] != previous:
                raise Damaged(f"record {n} does not follow the one before it")
            if f["key"] != key or key not in keys:
                raise Damaged(f"record {n} is signed with key {f['key']}")
            if not hmac.compare_digest(hmac.new(keys[key], f["body"], hashlib.sha256).digest(), f["mac"]):
                raise Damaged(f"record {n} has the wrong code")
            if f["kind"] == 2:
                new = f["proof"][1:1 + f["proof"][0]].decode()
                message = (b"loomflow-audit-rotation-v1" + log + n.to_bytes(8, "big") + previous
                           + bytes([len(key)]) + key.encode() + bytes([len(new)]) + new.encode())
                if new not in keys or hmac.new(keys[new], message, hashlib.sha256).digest() != f["proof"][-32:]:
                    raise Damaged(f"record {n} hands over to {new} without its signature")
                key = new
            if f["payload"]:
                sequence, state = struct.unpack(">QB", payloads[at:at + 9])
                salt, content = payloads[at + 9:at + 25], payloads[at + 25:at + 25 + f["payload"]]
                if sequence != n or (state == 0 and hashlib.sha256(salt + content).digest() != f["commitment"]):
                    raise Damaged(f"record {n} has another payload")
                at += 25 + f["payload"]
            previous = hashlib.sha256(b"\x00" + record).digest()
            tree.append(previous)
            while seen < len(notes) and notes[seen][1] == tree.size:
                origin, _, root = notes[seen]
                if origin != "loomflow.audit/" + log.hex() or root != tree.root():
                    raise Damaged(f"the checkpoint of {tree.size} records has another root")
                seen += 1
    if seen < len(notes):
        raise Damaged(f"a checkpoint covers {notes[seen][1]} records, the log has {tree.size}")
    return tree


if __name__ == "__main__":
    ring = dict(argument.split("=", 1) for argument in sys.argv[2:])
    try:
        result = verify(sys.argv[1], {name: bytes.fromhex(secret) for name, secret in ring.items()})
    except Damaged as damage:
        print(damage)
        sys.exit(1)
    print(result.size, result.root().hex())
