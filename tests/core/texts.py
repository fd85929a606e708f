"""Texts that people and hostile programs write, for the property tests."""

from hypothesis import strategies as st

#: Each of these has been lost, doubled or refused by some calendar.
HARD = [
    "\r\n", "\r", "\n\n\n", "\t", "  ", "\v", "\u2028", "\x00", "\x07", "\x7f", "\ud83d", "\uffff",
    "👩‍🔧", "𝄞", "e\u0301", "\u200f", "\u202e", "שלום", "\u00a0", "…", "<b>", "</p>", "<", ">",
    "&", "&amp;", "&lt;i&gt;", "&nbsp;", "My Calendar", "My Calendar: ",
    "https://calsync.example/calendar/item/", "https://calsync.example/calendar/item/k7m2p9q4r6s8t0v1",
    "https://elsewhere.example/?a=1&b=2", '<a href="', "%3A", "http",
]  # fmt: skip

pieces = st.one_of(st.sampled_from(HARD), st.text(max_size=8))
texts = st.lists(pieces, max_size=12).map("".join)


@st.composite
def long_texts(draw: st.DrawFn, longest: int) -> str:
    """Make a text about as long as it may be, so that it is cut here or there or not at all."""
    piece = draw(st.one_of(texts, st.sampled_from(["word ", "👩‍🔧", "a\n"]))) or "x"
    length = draw(st.integers(max(1, longest - 200), longest + 20))
    return (piece * (length // len(piece) + 1))[:length]
