"""Ways to reach a person: e-mail, web push, SMS. Each knows its own provider and nothing of notices."""
