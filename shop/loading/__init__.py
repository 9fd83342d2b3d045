"""Real order histories for the sample shop: one interface (`base.Source`), one writer, a source for each data set."""
