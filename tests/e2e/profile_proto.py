"""A small profile.proto (github.com/google/pprof/proto/profile.proto), written by hand."""
import gzip


def varint(n):
    out = bytearray()
    while n >= 128:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes(out + bytes([n]))


def number(field, n):
    return varint(field << 3) + varint(n)


def text(field, data):
    return varint(field << 3 | 2) + varint(len(data)) + data


def encode(kind, names):
    """A profile of `kind` with one stack of ten samples for each name."""
    types = [(b"samples", b"count"), (b"cpu", b"nanoseconds")] if kind == "cpu" else [(kind.encode(), b"count")]
    strings = [b""] + [word for pair in types for word in pair] + [name.encode() for name in names]
    out = [text(1, number(1, strings.index(kind)) + number(2, strings.index(unit))) for kind, unit in types]
    for i, name in enumerate(names, 1):
        values = varint(10) + (varint(100_000_000) if kind == "cpu" else b"")
        out.append(text(2, text(1, varint(i)) + text(2, values)))
        out.append(text(4, number(1, i) + text(4, number(1, i))))
        out.append(text(5, number(1, i) + number(2, strings.index(name.encode()))))
    out += [text(6, string) for string in strings]
    out += [number(10, 1_000_000_000), text(11, number(1, 3) + number(2, 4)) if kind == "cpu" else b"", number(12, 1)]
    return gzip.compress(b"".join(out))
