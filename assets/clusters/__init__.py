"""Cluster workbooks: from the file a focal point sends to checked rows and a verdict."""
