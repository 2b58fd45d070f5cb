"""What starts by itself. One question a file; each answer is a run or a sentence that says why not."""
