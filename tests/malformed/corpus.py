"""Our own set of bodies no source should send, in the manner of JSON test suites: broken syntax, broken UTF-8, absurd numbers and depth,
wrong shapes, wrong types. Each case is (name, bytes, how many records the page shows)."""
import json


def syntax(page: bytes):
    """Damage to a well-formed page as a whole."""
    yield "empty", b""
    yield "space", b" \n\t "
    yield "nul", b"\0"
    yield "bom_only", b"\xef\xbb\xbf"
    yield "bom_page", b"\xef\xbb\xbf" + page
    yield "utf16", page.decode().encode("utf-16")
    yield "html", b"<!DOCTYPE html><html><body><form action='/login'>Log in</form></body></html>"
    yield "xml", b"<?xml version='1.0'?><errors/>"
    yield "plain", b"Service Unavailable"
    for literal in ("null", "true", "false", "0", "-1", "1e5", '""', '"text"', "[]", "{}", "[[]]", "[{}]", "nan", "undefined", "{]", "[}", "{,}", "[,]", '{"a":}', '{"a"}', "{a:1}", "{'a':1}", "[1,]", "[1 2]", '{"a":1,}', "01", "+1", ".5", "1.", "0x10", "--1", "tru", "nulll", '"', '"\\', '"\\u', '"\\u12', '"\\x41"', '"\\ud800"', "/*c*/{}", "{}//c", "{}{}", "[] []"):
        yield f"literal_{len(literal)}_{literal.encode().hex()[:16]}", literal.encode()
    for share in range(1, 40):
        yield f"cut_{share}", page[: len(page) * share // 40]
    for share in range(0, 20):
        at = len(page) * share // 20
        yield f"nul_at_{share}", page[:at] + b"\0" + page[at:]
        yield f"byte_ff_at_{share}", page[:at] + b"\xff" + page[at:]
        yield f"brace_at_{share}", page[:at] + b"}" + page[at:]
        yield f"quote_at_{share}", page[:at] + b'"' + page[at:]
    yield "trailing_text", page + b" trailing"
    yield "trailing_nul", page + b"\0\0\0"
    yield "twice", page + page
    yield "newlines", page.replace(b",", b",\n\r\t ")
    yield "tab_in_string", page.replace(b'"', b'"\t', 2)


def values():
    """Things that stand where something else is expected."""
    yield "null", b"null"
    yield "true", b"true"
    yield "zero", b"0"
    yield "minus_zero", b"-0"
    yield "minus", b"-1"
    yield "real", b"1.5"
    yield "huge_exponent", b"1e400"
    yield "number_bomb", b"1e131071"
    yield "tiny", b"1e-400"
    yield "big_integer", b"12345678901234567890123"
    yield "int64_over", b"9223372036854775808"
    yield "long_digits", b"9" * 400
    yield "text", b'"text"'
    yield "blank", b'""'
    yield "nul_escape", b'"a\\u0000b"'
    yield "lone_high", b'"\\ud83d"'
    yield "lone_low", b'"\\ude00"'
    yield "swapped", b'"\\ude00\\ud83d"'
    yield "latin1", b'"caf\xe9"'
    yield "overlong", b'"\xc0\xaf"'
    yield "surrogate_bytes", b'"\xed\xa0\x80"'
    yield "beyond", b'"\xf4\x90\x80\x80"'
    yield "cut_utf8", b'"\xf0\x9f\x98"'
    yield "controls", b'"\x01\x1f"'
    yield "line_separators", '"\u2028\u2029\u0085"'.encode()
    yield "bidi", '"\u202e\u2066evil\u2069"'.encode()
    yield "long_text", b'"' + b"x" * 300_000 + b'"'
    yield "array", b"[]"
    yield "object", b"{}"
    yield "nested_arrays", b"[" * 500 + b"]" * 500
    yield "deep_arrays", b"[" * 5_000 + b"]" * 5_000
    yield "deep_objects", b'{"a":' * 5_000 + b"1" + b"}" * 5_000
    yield "unclosed_depth", b"[" * 2_000
    yield "duplicate_keys", b'{"id":"1","id":"2","id":null}'
    yield "empty_key", b'{"":1}'
    yield "many_fields", b"{" + b",".join(b'"k%d":%d' % (i, i) for i in range(5_000)) + b"}"


def replaced(record: dict, field: str, value: bytes) -> bytes:
    """`record` with one field (dotted path) replaced by raw bytes."""
    path = field.split(".")
    copy = json.loads(json.dumps(record))
    at = copy
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = "@@HERE@@"
    return json.dumps(copy).encode().replace(b'"@@HERE@@"', value)


def without(record: dict, field: str) -> bytes:
    path = field.split(".")
    copy = json.loads(json.dumps(record))
    at = copy
    for key in path[:-1]:
        at = at[key]
    at.pop(path[-1], None)
    return json.dumps(copy).encode()


SAME_ID = {"zero", "minus_zero", "tiny"}  # In place of an id all three are the record 0: one row, of one of their pages.
FIRST = 100_000  # Case i numbers its records 100 * (FIRST + i) + 1, + 2, + 3: what arrives says which case it came from.


def cases(record, fields: list, wrap):
    """At least 300 cases. `record(id)` is a well-formed record, `wrap(list of raw records)` the page around some. The first field is the id."""
    ids = [100 * FIRST + k for k in (1, 2, 3)]
    before, after = (json.dumps(record(ids[k])).encode() for k in (0, 2))
    changed = record(ids[1])

    def bodies():
        for name, body in syntax(wrap([before, after])):
            yield name, body, 2
        for field in fields:
            yield f"missing_{field}", wrap([before, without(changed, field), after]), 3
            for name, value in values():
                shown = 2 if field == fields[0] and name in SAME_ID else 3
                yield f"{field}_{name}", wrap([before, replaced(changed, field, value), after]), shown
        for name, value in values():
            yield f"record_{name}", wrap([before, value, after]), 3

    for index, (name, body, shown) in enumerate(bodies()):
        yield name, body.replace(b"%d" % FIRST, b"%d" % (FIRST + index)), shown
