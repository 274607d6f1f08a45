"""The servers and processes of a whole Hearthline on one machine, under one supervisor."""
