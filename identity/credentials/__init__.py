"""What a person proves himself with: one module per factor behind one small interface."""
