"""Tests of the evals: the harness, its cases, and the frozen answers that prove its grader."""
