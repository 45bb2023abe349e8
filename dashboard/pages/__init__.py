"""One page a file: layout and callbacks; the menu makes itself from them."""
