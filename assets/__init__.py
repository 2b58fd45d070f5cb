"""What exists: one folder per source or product, thin assets beside the pure logic they call."""
