import pytest

from bench.figures import Bar, figure, percentile, significant
from bench.load import Sample


def sample(units: int, *, server: float = 1.0, database: float = 0.0) -> Sample:
    return Sample(units=units, server=server, database=database, wall=2.0)


def test_rate_counts_the_time_of_server_and_database() -> None:
    taken = sample(300, server=1.0, database=0.5)

    assert taken.rate == 200
    assert taken.server_rate == 300


def test_figure_is_the_median_of_its_rounds() -> None:
    found = figure([sample(90), sample(500), sample(100)], [sample(1000)] * 3)

    assert found.rate == 100
    assert found.units == 690
    assert found.spread == pytest.approx(4.1)


def test_share_compares_each_round_with_the_empty_application_of_that_round() -> None:
    """A slow round slows both, so it does not count against the figure."""
    found = figure(
        [sample(100), sample(50), sample(100)], [sample(1000), sample(500), sample(1000)]
    )

    assert found.share == pytest.approx(0.1)


def test_share_refuses_rounds_without_their_empty_application() -> None:
    with pytest.raises(ValueError, match="shorter"):
        figure([sample(1), sample(2)], [sample(1)])


def test_bar_is_met_by_a_figure_that_is_not_above_it() -> None:
    assert Bar("import", 30, "s", 30.0).met
    assert not Bar("import", 30, "s", 30.1).met


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.5, "0.5"), (43.218, "43.2"), (154.4, "154"), (7_772.0, "7,772"), (43_191.0, "43,200")],
)
def test_figures_show_three_digits_or_whole_numbers(value: float, text: str) -> None:
    assert significant(value) == text


def test_percentile_is_a_measured_value() -> None:
    assert percentile([3.0, 1.0, 2.0], 95) == 3.0
    assert percentile([float(number) for number in range(1, 101)], 95) == 95.0
    assert percentile([7.0], 50) == 7.0
