"""What the command and the chart's build write."""
