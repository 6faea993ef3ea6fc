"""Ways to show a report. Each reads only a Report, and none of them grades."""
