"""What commands print: each page is text made of frames and comparisons."""
