"""The starter history: facts read out of public captures, as tables that the ordinary import loads."""
