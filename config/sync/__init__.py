"""What an app keeps of a home to show it offline: the changes of several apps behind one cursor."""
