"""What every part of Secure Access stands on. Knows neither people nor rights."""
