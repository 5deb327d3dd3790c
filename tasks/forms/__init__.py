"""Forms: what forums, schools and enterprises say, written, taken and told as tables."""
