"""Texts that differ by a slip of the hand: a letter too many, missing, wrong or changed places."""

from functools import lru_cache


@lru_cache(maxsize=10_000)
def distance(first: str, second: str, most: int) -> int:
    """Return how many slips lie between two texts, and `most + 1` for more than `most`.

    A slip is a letter inserted, left out or replaced, or two neighbours that changed places
    (optimal string alignment).
    """
    if abs(len(first) - len(second)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(second) + 1))
    for i, letter in enumerate(first, 1):
        before, above, row = row, before, [i]
        for j, other in enumerate(second, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == second[j - 2] and first[i - 2] == other:
                cost = min(cost, above[j - 2] + 1)
            row.append(cost)
        if min(row) > most and min(before) > most:
            return most + 1
    return min(row[-1], most + 1)


def slips_allowed(word: str) -> int:
    """Return how many slips a word may hold and still be recognised: none in a short one."""
    return 0 if len(word) < 4 else 1 if len(word) < 8 else 2
