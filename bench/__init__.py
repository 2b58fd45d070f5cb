"""What is measured, against what: one module per budget, each ours beside the bare alternative in the same run."""
