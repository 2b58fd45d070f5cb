"""The needs workbook: people in need, severity and targets, agreed by the sectors for a response plan."""
