"""How things run: settings, the lake, outside systems, partitions, jobs. No data logic lives here."""
