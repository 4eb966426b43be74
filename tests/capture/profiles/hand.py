#!/usr/bin/env python3
"""Writes hand-*.pb: odd but valid profiles, byte by byte. `regenerate` records what go tool pprof makes of them."""


def varint(value):
    value &= (1 << 64) - 1
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def num(field, value):
    return varint(field << 3) + varint(value)


def data(field, payload):
    return varint(field << 3 | 2) + varint(len(payload)) + payload


def packed(field, values):
    return data(field, b"".join(varint(v) for v in values))


class Profile:
    def __init__(self):
        self.strings = [""]
        self.parts = []

    def s(self, text):
        if text not in self.strings:
            self.strings.append(text)
        return self.strings.index(text)

    def add(self, field, *payload):
        self.parts.append(data(field, b"".join(payload)))

    def type(self):
        self.add(1, num(1, self.s("value")), num(2, self.s("count")))

    def function(self, ident, name, system=None, start=0, file="a.go"):
        system = name if system is None else system
        self.add(5, num(1, ident), num(2, self.s(name)), num(3, self.s(system)), num(4, self.s(file)), num(5, start))

    def location(self, ident, *functions, mapping=0, address=0):
        lines = [data(4, num(1, f) + num(2, 10 + f)) for f in functions]
        self.add(4, num(1, ident), num(2, mapping), num(3, address), *lines)

    def mapping(self, ident, file):
        self.add(3, num(1, ident), num(2, 0x1000 * ident), num(3, 0x1000 * ident + 0x800), num(5, self.s(file)),
                 num(7, 1), num(8, 1), num(9, 1), num(10, 1))

    def sample(self, value, *locations, labels=b""):
        self.add(2, packed(1, locations), packed(2, [value]), labels)

    def write(self, name, reverse=False):
        strings = [data(6, s.encode()) for s in self.strings]
        parts = self.parts + strings
        if reverse:  # the order of repeated fields stays that of the string table and of the sample types
            parts = strings + self.parts[::-1]
        with open(f"hand-{name}.pb", "wb") as file:
            file.write(b"".join(parts))


def odd():
    """Unpacked numbers, sparse and 64-bit ids, every table after its users, unknown fields, repeated strings."""
    p = Profile()
    p.type()
    far = (1 << 63) + 5
    p.function(7, "leaf")
    p.function(far, "caller")
    p.function(900000, "root")
    p.function(12, "inlined")
    p.location(far, 7, 12, far)
    p.location(3000000000, 900000)
    p.location(4, 12)
    p.strings.append("leaf")  # twice in the table
    p.add(5, num(1, 77), num(2, len(p.strings) - 1), num(3, p.s("leaf")), num(4, p.s("b.go")))
    p.location(5, 77)
    unknown = num(99, 1 << 63) + data(100, b"whatever") + varint(101 << 3 | 1) + b"8bytes!!" + varint(102 << 3 | 5) + b"4by!"
    p.parts.append(unknown)
    p.parts.append(data(2, num(1, far) + num(2, 5) + unknown + num(1, 3000000000)))
    p.parts.append(data(2, num(1, 4) + packed(1, [far, 3000000000]) + num(2, 3)))
    p.parts.append(data(2, packed(1, [5]) + num(1, 3000000000) + packed(2, [2])))
    p.parts.append(data(2, packed(2, [1])))
    p.write("odd", reverse=True)


def drop():
    """drop_frames with keep_frames, a match within inlined lines, a match at the root that stays."""
    p = Profile()
    p.type()
    names = ["user", "malloc", "malloc_keep", "inner", "main", "start_malloc", "(anonymous namespace)::malloc"]
    for i, name in enumerate(names, 1):
        p.function(i, name)
    for i in range(1, len(names) + 1):
        p.location(i, i)
    p.location(20, 4, 2, 1)
    p.location(21, 4, 2)
    p.function(30, "malloc(unsigned long)", system="_Zm")
    p.location(30, 30)
    for value, stack in enumerate([(4, 2, 1, 5), (4, 3, 1, 5), (20, 5), (4, 21, 5), (1, 5, 2), (2,), (4, 6, 1),
                                   (4, 30, 1), (4, 7, 1), (1, 20, 1, 20, 5)], 1):
        p.sample(value * 11, *stack)
    p.parts.append(num(7, p.s("malloc.*|.*_malloc|[(]anonymous namespace[)]::malloc")) + num(8, p.s("malloc_k.*")))
    p.write("drop")


def negative():
    """A difference: values that cancel, negative rows, recursion, a zero sample, ties decided by name."""
    p = Profile()
    p.type()
    for i, name in enumerate(["a", "b", "c", "d", "e", "zero", "Z", "back"], 1):
        p.function(i, name)
        p.location(i, i)
    for value, stack in [(10, (1, 2, 1, 2, 5)), (-10, (2, 5)), (-300, (3, 5)), (10, (4, 5)), (10, (7, 5)),
                         (0, (6,)), (5, (8, 8, 8)), (-5, (8, 5)), ((1 << 62), (1,)), (-(1 << 62), (1,))]:
        p.sample(value, *stack)
    p.write("negative")


def names():
    """Frames without function or name, C++ and Go names, mappings named and not."""
    p = Profile()
    p.type()
    p.mapping(1, "/usr/bin/program")
    p.mapping(2, "/usr/lib/libc.so.6")
    p.mapping(3, "")
    p.mapping(4, "/opt/other/program/")
    p.location(1, mapping=1, address=0x1010)
    p.location(2, mapping=2, address=0x2010)
    p.location(3, mapping=3)
    p.location(4)
    p.location(5, mapping=4, address=0x4010)
    every = ["std::vector<int, std::alloc<int> >::push(int)", "operator()(x) const [clone]", "a::b(c)::d<e>::f",
             "java.lang.Object.<init>", "main.(*Set[...]).Add", "type:.eq.[2]interface {}", "unbalanced::x)y(",
             "<a>", "main.F[go.shape.func(int) string]", "x::operator<<(y)", "", "{lambda()#1}::call()"]
    for i, name in enumerate(every, 10):
        p.function(i, name)
        p.location(i, i, mapping=1, address=0x1000 + i)
    p.function(50, "", system="system_only")
    p.function(51, "plain::name(int)", system="other")
    p.function(52, "", start=3)
    p.function(53, "", start=20)
    for i in range(50, 54):
        p.location(i, i, mapping=2, address=0x2000 + i)
    for i in [1, 2, 3, 4, 5] + list(range(10, 10 + len(every))) + [50, 51, 52, 53]:
        p.sample(100 + i % 3, i, 4)
    p.write("names")


for case in (odd, drop, negative, names):
    case()
