"""Pages people look at, made from what the other rooms left; static, offline, printable."""
