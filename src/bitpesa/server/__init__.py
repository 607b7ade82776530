"""The processes that answer HTTP: connections, limits, metrics, traces, logs; and the sandbox, all of them in one."""
