"""What a page shows, decided while it is made: placements, sources, filters, one plan a page."""
