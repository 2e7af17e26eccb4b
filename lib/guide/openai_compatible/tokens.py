"""Estimates the tokens of a text, and shortens it to fit."""


def count(text: str) -> int:
    """
    Return about how many tokens *text* has: one for four ASCII characters, one for any other.

    An estimate that errs upwards for most languages; servers count the real ones afterwards.

    >>> count("twelve chars"), count("你好")
    (3, 2)
    """
    plain = len(text.encode("ascii", "ignore"))
    return -(-plain // 4) + len(text) - plain


def fitting(text: str, room: int) -> str:
    """Return *text*, or its beginning and its end, within *room* tokens."""
    if count(text) <= room:
        return text
    half = int((room - 40) * len(text) / count(text)) // 2
    while True:
        shown = (text[:half], text[len(text) - half :])
        if half < 2 or sum(map(count, shown)) <= room - 40:
            break
        # The two ends may be of denser scripts than the middle.
        half = half * 3 // 4
    left = len(text) - 2 * half
    return f"{shown[0]}\n[… {left:,} characters are left out here …]\n{shown[1]}"
