"""A counterpart's own EDIFACT: a naive writer and reader, so that ours is not judged by itself."""

import re


def escaped(text):
    """Put the release character before every service character."""
    return re.sub(r"([?:+'])", r"?\1", text)


def interchange(sender, recipient, reference, messages):
    """One interchange of `(type:version, [segments])` messages, in UNOW, a segment a line."""
    lines = [f"UNB+UNOW:4+{sender}+{recipient}+20261122:0800+{reference}"]
    for number, (kind, segments) in enumerate(messages, start=1):
        lines += [f"UNH+{number}+{kind}", *segments, f"UNT+{len(segments) + 2}+{number}"]
    lines.append(f"UNZ+{len(messages)}+{reference}")
    return "".join(line + "'\n" for line in lines).encode()


def split(data):
    """The segments of an interchange as lists of elements, each a list of components."""
    text = data.decode("utf-8").removeprefix("UNA:+.? '")
    pieces = [piece.strip() for piece in re.split(r"(?<!\?)'", text)]
    return [
        [
            [re.sub(r"\?(.)", r"\1", part) for part in re.split(r"(?<!\?):", element)]
            for element in re.split(r"(?<!\?)\+", piece)
        ]
        for piece in pieces
        if piece
    ]


def kind_of(data):
    """The type of the first message, after the counts were checked by hand."""
    segments = split(data)
    tags = [segment[0][0] for segment in segments]
    starts = [n for n, tag in enumerate(tags) if tag == "UNH"]
    for start in starts:
        end = tags.index("UNT", start)
        assert segments[end][1] == [str(end - start + 1)], "UNT counts its segments wrongly"
        assert segments[end][2] == segments[start][1], "UNT names another message"
    assert segments[-1][0] == ["UNZ"], "the interchange has no end"
    assert segments[-1][1] == [str(len(starts))], "UNZ counts its messages wrongly"
    assert segments[-1][2] == segments[0][5], "UNZ names another interchange"
    return segments[starts[0]][2][0]
