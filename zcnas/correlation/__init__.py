"""How well scores rank what training gave: signed, with intervals, ties and undefined scores counted."""

from zcnas.correlation.favourites import Shortlist, shortlist
from zcnas.correlation.summary import Coefficient, Correlation, correlate
from zcnas.correlation.weighted import kendall, spearman

__all__ = ["Coefficient", "Correlation", "Shortlist", "correlate", "kendall", "shortlist", "spearman"]
