"""The memory of a process, as the kernel counts it."""

from pathlib import Path

# What RLIMIT_AS bounds is VmSize; what RLIMIT_DATA bounds is VmData.
FIELDS = ("VmPeak", "VmSize", "VmLck", "VmRSS", "RssAnon", "VmData")


def of(pid: int | str = "self") -> dict[str, float]:
    """In MiB; without what this kernel does not say."""
    return in_status(Path(f"/proc/{pid}/status").read_text())


def in_status(text: str) -> dict[str, float]:
    """What stands in the text of /proc/PID/status."""
    values = {name: rest for name, _, rest in (line.partition(":") for line in text.splitlines())}
    return {
        name: round(int(values[name].split()[0]) / 1024, 1) for name in FIELDS if name in values
    }
