"""What the recommendations brought: attribution, daily figures, reports and evidence."""
