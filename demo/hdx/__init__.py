"""A small HDX for the demo and the tests: CKAN's API with HDX's own rules, on this computer only."""
