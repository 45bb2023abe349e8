"""One file for each source of developer adoption and attention; a file with an underscore is what they share."""
