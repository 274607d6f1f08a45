"""What each panel of the page shows, ready to be written: the apps' answers in words and figures."""
