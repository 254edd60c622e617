#pragma once

// Runs a command and prints its wall time in seconds and the most memory that was resident, in MiB. The kernel counts in
// what the process was before it became the command, so that must be small: a process of its own, like this one.
int run_timed(char **command);
