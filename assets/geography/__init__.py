"""Places: the gazetteer every source matches against, and the reading of names in two scripts."""
