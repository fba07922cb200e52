"""What the tests of the explorer's page share."""

from __future__ import annotations

from conftest import ROOT

GED = ROOT.parent / "shared" / "data" / "ucdp_ged_syria_2016_2019.csv.gz"
PHONE = {"width": 390, "height": 844}


def pick(tab, filter, value=None, **other):
    """Choose in a filter, as a reader does: opens the filters first."""
    if not tab.evaluate("document.getElementById('filter-box').open"):
        tab.click("#filter-box > summary")
    tab.select_option(filter, value, **other)
