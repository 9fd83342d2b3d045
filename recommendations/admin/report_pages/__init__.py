"""One module a report: from stored days to what its page shows."""

from recommendations.admin.report_pages.base import Page
from recommendations.admin.report_pages.breakdown import BREAKDOWN
from recommendations.admin.report_pages.coverage import COVERAGE
from recommendations.admin.report_pages.data import DATA
from recommendations.admin.report_pages.fairness import FAIRNESS
from recommendations.admin.report_pages.funnel import FUNNEL
from recommendations.admin.report_pages.health import HEALTH
from recommendations.admin.report_pages.quality import QUALITY
from recommendations.admin.report_pages.retention import RETENTION
from recommendations.admin.report_pages.searches import SEARCHES
from recommendations.admin.report_pages.sums import SUMS
from recommendations.admin.report_pages.unshown import UNSHOWN
from recommendations.admin.report_pages.unsold import UNSOLD

#: In the order in which they are offered.
_ALL = (
    BREAKDOWN,
    FUNNEL,
    RETENTION,
    COVERAGE,
    FAIRNESS,
    UNSOLD,
    UNSHOWN,
    SEARCHES,
    QUALITY,
    DATA,
    SUMS,
    HEALTH,
)
PAGES: dict[str, Page] = {page.slug: page for page in _ALL}

__all__ = ["PAGES", "Page"]
