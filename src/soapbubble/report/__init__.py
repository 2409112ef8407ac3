"""The report: its frozen content (`report.json`), and the HTML and the PDF made from that alone."""
