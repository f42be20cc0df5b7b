"""Signed-in browsers: started, looked up, listed and ended here and nowhere else."""
