"""Government displacement figures: one table a week, district by district."""
