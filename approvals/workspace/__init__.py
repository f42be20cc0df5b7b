"""Pages on which approvers look after the people of their organisation."""
