"""The text of the course: how it is built (build_corpus) and how it is read (corpus)."""
