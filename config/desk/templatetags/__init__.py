"""What the operators' pages write figures with."""
