"""Who people are: their accounts, the invitations that make them, and the journey of joining."""
