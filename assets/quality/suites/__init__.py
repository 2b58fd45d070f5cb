"""Expectation suites, one module per source: how the rules in rules/ are tested on a table of facts."""
