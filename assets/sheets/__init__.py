"""Spreadsheets from outside, opened in a confined process and handed on as cells; no meaning is given to them."""
