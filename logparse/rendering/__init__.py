"""What charts and the report share: the palette, charts as files, and JSON and scripts that are safe inside HTML."""
