"""Registration databases: extracts of individual records, minimised at the door. Nothing here writes to a register."""
