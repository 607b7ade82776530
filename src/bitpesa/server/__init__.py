"""The processes that answer HTTP: connections, limits, metrics, traces, logs; and the sandbox, all of them in one.

May import: api, worker, web.backoffice, web.portal, web.public, wiring, sandbox, ops.health, tenants.organisations,
schema, settings, embedded_postgres, kernel.
"""
