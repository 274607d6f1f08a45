"""What a clerk sees of a customer, gathered from all apps."""
