"""A picture of a report: bars as SVG, made here, without scripts and fonts from elsewhere."""

import sys

import pygal
from pygal.style import Style

from approvals.reports.user_groups import Report

# For plugins that it has none of, pygal leaves an importer of a kind that Python no longer knows.
sys.meta_path[:] = [each for each in sys.meta_path if type(each).__module__ != "pygal"]

_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif"
_STYLE = Style(
    background="#ffffff",
    plot_background="#ffffff",
    foreground="#0b0c0c",
    foreground_strong="#0b0c0c",
    foreground_subtle="#505a5f",
    colors=("#1f3a4d",),
    font_family=_FONT,
    label_font_size=14,
    major_label_font_size=14,
    value_font_size=14,
    value_label_font_size=14,
    opacity="1",
)


def svg(report: Report) -> bytes:
    """Draw horizontal bars, the first user group on top. The table beside it holds the figures."""
    chart = pygal.HorizontalBar(
        style=_STYLE,
        width=900,
        height=80 + 36 * len(report.lines),
        show_legend=False,
        value_formatter=lambda value: f"{value:,.0f}",
        show_x_guides=False,
        show_y_guides=True,
        margin=10,
        spacing=12,
        js=[],
        disable_xml_declaration=False,
        pretty_print=False,
    )
    # The figure stands with the name: on a short bar, or at the end of a long one, it is lost.
    chart.x_labels = [f"{line.user_group} {line.users:,}" for line in reversed(report.lines)]
    chart.add("Users", [line.users for line in reversed(report.lines)])
    picture: bytes = chart.render()
    return picture
