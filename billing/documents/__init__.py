"""Documents as files: the PDF people read and the XML their accounts read."""
