"""The command line's shell: `setup`, `serve`, `worker`. Rooms add their own commands."""
