"""Hostile modules: mutants of real ones through reader, verifier and both engines, and coverage-guided fuzzing."""
