"""Who may do what with agent runs."""

from clinic.permissions import CLINICIANS, Rule

may_read_runs = Rule("read agent runs")
may_stop_runs = Rule("stop agent runs", CLINICIANS)
may_start_runs = Rule("start, answer and retry agent runs")
