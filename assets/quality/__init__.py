"""Quality: the rules others' data is held against, the verdicts, and what the senders get back."""
