"""Words that stand in the names of files and folders without being anybody's name."""

# What people and programs call one of several copies of a file, and what they hand in.
COPY_WORDS = {
    *("abgabe", "assignment", "attempt", "backup", "clean", "complete", "completed"),
    *("copia", "copie", "copy", "corrected", "current", "done", "draft", "edited", "exercise"),
    *("final", "finished", "fixed", "homework", "hw", "kopie", "last", "latest", "mine", "my"),
    *("neu", "new", "of", "old", "original", "resubmission", "revised", "solution", "solved"),
    *("submission", "submit", "submitted", "try", "update", "updated", "v", "version", "working"),
}
# What people call a task, or a folder that holds one.
TASK_WORDS = {
    *("answers", "assignment", "attempt", "ex", "exercise", "homework", "hw", "lab", "notebook"),
    *("part", "problem", "project", "pset", "task", "week"),
}
