"""The words of essor, its settings, its commands: the bottom and the top of the program."""
