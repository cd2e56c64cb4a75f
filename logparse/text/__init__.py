"""Values as text for people: locations, reasons of empty cells, numbers, labels, and text for a terminal."""
