"""Who may do what with agent runs."""

from clinic.permissions import Rule

may_read_runs = Rule("read agent runs")
may_start_runs = Rule("start, answer and retry agent runs")
