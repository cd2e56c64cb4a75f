"""Values as people read them: locations, reasons of empty cells, numbers, labels, and text for a terminal."""
